"""Foreign bytes and text for a terminal: what would steer it is spelt out, and garbage never raises."""

from __future__ import annotations

from collections.abc import Iterator

_WIDTH = 16


def printable(text: str, *, keep: str = "") -> str:
    r"""Return `text` with control and invisible characters written as escapes (`\x1b`), those in `keep` left alone."""
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


def as_text(raw: bytes) -> str | None:
    """Return bytes as text where they are some, `None` where they are binary: not UTF-8, or with control characters."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    return None if any(ord(c) < 32 and c not in "\t\n\r" for c in text) else text


def hex_dump(raw: bytes) -> Iterator[str]:
    """Yield lines of offset, bytes and what of them is ASCII, 16 bytes a line, as `hexdump -C`."""
    for start in range(0, len(raw), _WIDTH):
        part = raw[start : start + _WIDTH]
        left, right = part[:8].hex(" "), part[8:].hex(" ")
        seen = "".join(chr(b) if 32 <= b < 127 else "." for b in part)
        yield f"{start:08x}  {left:<23}  {right:<23}  |{seen}|"
