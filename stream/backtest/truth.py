"""Truth files: who left, and when. The simulator's, or anybody's `customer_id,left_at` as CSV or JSON lines."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from msgspec import Struct

from stream.backtest.episodes import epoch_ms

_GZIP = b"\x1f\x8b"


class TruthError(ValueError):
    """A truth file cannot be used; the message names file, line and what is expected."""


class Known(Struct, frozen=True):
    """What is known of one customer; times epoch ms. `signs` and `lookalikes` are (kind, time)."""

    customer: str
    left_at: int | None
    why: str | None = None
    signs: tuple[tuple[str, int], ...] = ()
    lookalikes: tuple[tuple[str, int], ...] = ()


class Truth(Struct, frozen=True):
    """A file's customers by id; `simulated`: it knows of signs and lookalikes."""

    file: str
    simulated: bool
    customers: dict[str, Known]


def read(path: Path, zone: ZoneInfo) -> Truth:
    """Read a truth file, plain or gzip; which form it has is seen from its first line.

    A date alone is the start of that day in `zone`; an empty or missing `left_at` is a customer who stayed.

    Raises:
        TruthError: a line cannot be read, or a customer comes twice.
        OSError: the file cannot be opened.
    """
    lines = list(_lines(path))
    if not lines:
        raise TruthError(f"{path}: is empty; expected customer_id and left_at, as CSV or JSON lines")
    rows = _json_rows(path, lines) if lines[0].lstrip().startswith("{") else _csv_rows(path, lines)
    found: dict[str, Known] = {}
    simulated = False
    for number, row in rows:
        known = _at(path, number, lambda row=row: _known(row, zone))  # type: ignore[misc]
        if known.customer in found:
            raise TruthError(f"{path}:{number}: customer {known.customer} came before")
        found[known.customer] = known
        simulated = simulated or "precursors" in row
    return Truth(str(path), simulated, found)


def _lines(path: Path) -> Iterator[str]:
    raw = path.read_bytes()
    try:
        text = (gzip.decompress(raw) if raw[:2] == _GZIP else raw).decode("utf-8-sig")
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile) as fault:
        raise TruthError(f"{path}: is neither text nor gzip: {fault}") from None
    yield from (line for line in text.splitlines() if line.strip())


def _json_rows(path: Path, lines: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(lines, 1):
        row = _at(path, number, lambda line=line: orjson.loads(line))  # type: ignore[misc]
        if not isinstance(row, dict):
            raise TruthError(f"{path}:{number}: expected an object with customer_id and left_at")
        yield number, row


def _csv_rows(path: Path, lines: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(lines)
    if missing := {"customer_id", "left_at"} - set(reader.fieldnames or ()):
        raise TruthError(f"{path}: the header line lacks {', '.join(sorted(missing))}")
    for row in reader:
        yield reader.line_num, row


def _at(path: Path, number: int, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        said = f"{fault} is missing" if isinstance(fault, KeyError) else fault
        raise TruthError(f"{path}:{number}: {said}") from None


def _known(row: dict[str, Any], zone: ZoneInfo) -> Known:
    customer = row["customer_id"]
    if not isinstance(customer, str) or not customer.strip():
        raise ValueError(f"customer_id: {customer!r} is not an id")
    left = row.get("left_at")
    return Known(
        customer.strip(),
        None if left in (None, "") else moment(left, zone),
        row.get("why"),
        tuple((sign["kind"], moment(sign["time"], zone)) for sign in row.get("precursors") or ()),
        tuple((sign["kind"], moment(sign["time"], zone)) for sign in row.get("lookalikes") or ()),
    )


def moment(text: Any, zone: ZoneInfo) -> int:
    """Read RFC 3339, epoch ms, or a date or a time of day in `zone`.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(text, str):
        text = text.strip()
        if text.isdecimal():
            return int(text)
        parsed = datetime.fromisoformat(text) if len(text) > 10 else datetime.combine(date.fromisoformat(text), time())
        if parsed.tzinfo is None:
            parsed = parsed.replace(tzinfo=zone)
        return epoch_ms(parsed.isoformat())
    return epoch_ms(text)
