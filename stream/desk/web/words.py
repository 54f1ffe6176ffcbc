"""The words of the page, as data: `catalogue/zh.toml` and `en.toml`, the same keys in both."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

LANGUAGES = ("zh", "en")
NAMES = {"zh": "中文", "en": "English"}


class Words:
    """Every message in every language."""

    def __init__(self, messages: Mapping[str, Mapping[str, str]]) -> None:
        """`messages`: language -> key -> text, with `{name}` where a value goes."""
        self.messages = messages

    @classmethod
    def load(cls, folder: Path | None = None) -> Words:
        """Read the catalogue that is shipped."""
        where = folder or Path(__file__).parent / "catalogue"
        return cls({language: dict(_flat(_read(where / f"{language}.toml"))) for language in LANGUAGES})

    def say(self, language: str, key: str, **values: Any) -> str:
        """Return a message.

        Raises:
            KeyError: there is none by that key.
        """
        text = self.messages[language][key]
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Tell whether there is such a message."""
        return key in self.messages["en"]


def choose(wanted: str | None, cookie: str | None, accepted: str, default: str) -> str:
    """Return the language: the profile's, the cookie's, the first that the browser accepts, or the configured one.

    >>> choose(None, None, "fr, en-GB;q=0.8, zh;q=0.5", "zh")
    'en'
    """
    for one in (wanted, cookie):
        if one in LANGUAGES:
            return str(one)
    ranked = sorted(_accepted(accepted), key=lambda pair: -pair[0])
    return next((name for _, name in ranked if name in LANGUAGES), default)


def _accepted(header: str) -> Iterator[tuple[float, str]]:
    for part in header[:500].split(","):
        name, _, quality = part.strip().partition(";q=")
        try:
            yield float(quality or 1), name.strip().lower()[:2]
        except ValueError:
            continue


def _read(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)
