"""What every converter shares: tables read by line, counts, bad rows, times of day and the order of lines."""

from __future__ import annotations

import csv
import gzip
import heapq
import pickle
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO, NamedTuple
from zoneinfo import ZoneInfo

from stream.engine.log.jsonl import Line
from stream.topics import INPUTS

_ORDER = {topic: place for place, topic in enumerate(INPUTS)}
_Entry = tuple[int, int, int, Line]  # time, topic order, sequence (unique, so that lines are never compared)
_SPILL_LINES = 250_000  # about 150 MB of decoded lines


class ConvertError(ValueError):
    """The sources cannot be converted at all; the message says what is wrong and what is expected."""


class BadRowError(ValueError):
    """One row cannot be read; the message is the reason."""


class BadRow(NamedTuple):
    """A row left out: its file, its line (from 1, the header included) and why."""

    file: str
    line: int
    reason: str


class Row(NamedTuple):
    """One row of a table: the line it ends on (from 1) and its fields by column."""

    line: int
    fields: Mapping[str, str]


@dataclass(slots=True)
class Stats:
    """What a conversion did; filled while its lines are consumed."""

    rows: int = 0
    skipped: int = 0
    bad: list[BadRow] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    customers: set[str] = field(default_factory=set)
    first: int | None = None
    last: int | None = None

    def count(self, line: Line) -> None:
        """Take note of one line that was given out."""
        self.events[line.topic] += 1
        if line.key is not None:
            self.customers.add(line.key)
        self.first = line.timestamp if self.first is None else min(self.first, line.timestamp)
        self.last = line.timestamp if self.last is None else max(self.last, line.timestamp)


class Table:
    """One delimited file with a header line, plain or gzip; iterating gives `Row`s and notes broken ones."""

    def __init__(self, path: Path, stats: Stats) -> None:
        self.path = path
        self.stats = stats
        with self._open() as file:
            first = file.readline()
        self.delimiter = ";" if first.count(";") > first.count(",") else ","
        self.columns = tuple(next(csv.reader([first], delimiter=self.delimiter), []))

    def has(self, *columns: str) -> bool:
        """Say whether the header names all of `columns`."""
        return set(columns) <= set(self.columns)

    def bad(self, line: int, reason: str) -> None:
        """Note a row that is left out."""
        self.stats.bad.append(BadRow(self.path.name, line, reason))

    def __iter__(self) -> Iterator[Row]:
        with self._open() as file:
            reader = csv.reader(file, delimiter=self.delimiter)
            next(reader, None)
            while True:
                try:
                    values = next(reader)
                except StopIteration:
                    return
                except csv.Error as fault:
                    self.stats.rows += 1
                    self.bad(reader.line_num, str(fault))
                    continue
                if not values:
                    continue
                self.stats.rows += 1
                if len(values) != len(self.columns):
                    self.bad(reader.line_num, f"{len(values)} columns instead of {len(self.columns)}")
                    continue
                yield Row(reader.line_num, dict(zip(self.columns, values, strict=True)))

    def _open(self) -> IO[str]:
        try:
            with self.path.open("rb") as file:
                packed = file.read(2) == b"\x1f\x8b"
        except OSError as fault:
            raise ConvertError(f"cannot read {self.path}: {fault.strerror}") from None
        # A byte that is not UTF-8 must not end the conversion: it shows up as a replacement character.
        if packed:
            return gzip.open(self.path, "rt", encoding="utf-8-sig", errors="replace", newline="")
        return self.path.open(encoding="utf-8-sig", errors="replace", newline="")


def money(text: str, what: str = "amount") -> Decimal:
    """Read an amount and round it to cents.

    Raises:
        BadRowError: when it is not a finite number.
    """
    try:
        amount = Decimal(text.strip())
        if amount.is_finite():
            return amount.quantize(Decimal("0.01"))
    except InvalidOperation:
        pass
    raise BadRowError(f"{what} is not a number: {text!r}")


def milliseconds(moment: datetime, zone: ZoneInfo) -> int:
    """Take a wall-clock `moment` as `zone`'s and return epoch milliseconds."""
    return int(moment.replace(tzinfo=zone).timestamp() * 1000)


def day_start(day: date, zone: ZoneInfo) -> int:
    """Return the epoch milliseconds at which `day` begins in `zone`."""
    return milliseconds(datetime.combine(day, time()), zone)


def rfc3339(ms: int) -> str:
    """Write epoch milliseconds as a UTC time; fractions only where there are any."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    return moment.isoformat(timespec="milliseconds" if ms % 1000 else "seconds").replace("+00:00", "Z")


def in_order(lines: Iterable[Line], stats: Stats, spill: int = _SPILL_LINES) -> Iterator[Line]:
    """Sort by event time, then topic order, then the order given; count what is given out.

    More than `spill` lines are sorted in runs on disk, so that memory stays bounded.
    """
    with tempfile.TemporaryDirectory(prefix="churnwatch-sort-") as folder:
        runs: list[Iterator[_Entry]] = []
        pending: list[_Entry] = []
        for sequence, line in enumerate(lines):
            pending.append((line.timestamp, _ORDER.get(line.topic, len(_ORDER)), sequence, line))
            if len(pending) >= spill:
                runs.append(_spilled(sorted(pending), Path(folder) / f"{len(runs)}.run"))
                pending = []
        for *_, line in heapq.merge(*runs, iter(sorted(pending))):
            stats.count(line)
            yield line


def _spilled(ordered: list[_Entry], file: Path) -> Iterator[_Entry]:
    """Write a run at once and return a reader of it. Only our own temporary file is ever unpickled."""
    with file.open("wb") as output:
        for entry in ordered:
            pickle.dump(entry, output, pickle.HIGHEST_PROTOCOL)
    return _read_run(file, len(ordered))


def _read_run(file: Path, size: int) -> Iterator[_Entry]:
    with file.open("rb") as source:
        for _ in range(size):
            yield pickle.load(source)
