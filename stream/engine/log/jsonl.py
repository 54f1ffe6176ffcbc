"""Replay files: one record a line as JSON. `{"topic": …, "key": …, "timestamp": ms, "value": {…}}`."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

import orjson

STDIO = Path("-")
_GZIP_MAGIC = b"\x1f\x8b"


class Line(NamedTuple):
    """One record to write.

    Attributes:
        topic: the topic's name, without any configured prefix.
        key: record key; None for a record without one.
        timestamp: arrival, epoch milliseconds.
        value: the event; None is a tombstone.
    """

    topic: str
    key: str | None
    timestamp: int
    value: dict[str, Any] | None

    def encode(self) -> bytes:
        """Return the line as it stands in a file, newline included."""
        return orjson.dumps(self._asdict(), option=orjson.OPT_APPEND_NEWLINE)


class Record(NamedTuple):
    """One record as read: what a broker would hold. `line` counts from 1."""

    line: int
    topic: str
    key: bytes | None
    timestamp: int
    value: bytes | None


class Fault(NamedTuple):
    """A line that is not a replay line, its number from 1, and why."""

    line: int
    reason: str


def read_lines(path: Path | str) -> Iterator[Record | Fault]:
    """Yield every line of a plain or gzip file, or of standard input for `-`; blank lines are passed over.

    A record's value is the compact JSON of `value`, or the text under `raw` byte for byte, so that what no
    producer should send can be replayed too. A broken line is yielded as a `Fault`, never raised.

    Raises:
        OSError: when the file cannot be opened or read.
    """
    with _open_input(Path(path)) as source:
        for number, text in _numbered(source):
            if text.strip():
                yield parse(number, text)


def parse(number: int, text: bytes) -> Record | Fault:
    """Read one line; `number` is only carried along."""
    try:
        line = orjson.loads(text)
    except orjson.JSONDecodeError as fault:
        return Fault(number, f"not JSON: {fault}")
    if not isinstance(line, dict):
        return Fault(number, "expected an object with topic, key, timestamp and value")
    topic, key, timestamp = line.get("topic"), line.get("key"), line.get("timestamp")
    if not isinstance(topic, str) or not topic:
        return Fault(number, "topic: expected a name")
    if not isinstance(key, str | None):
        return Fault(number, "key: expected a string or null")
    if not isinstance(timestamp, int) or isinstance(timestamp, bool) or timestamp < 0:
        return Fault(number, "timestamp: expected epoch milliseconds, 0 or later")
    if "raw" in line:
        raw = line["raw"]
        if not isinstance(raw, str):
            return Fault(number, "raw: expected a string")
        value: bytes | None = raw.encode()
    elif "value" not in line:
        return Fault(number, "value: missing (null is a tombstone)")
    else:
        # A copy: what orjson returns keeps the rest of its buffer, kilobytes that a replay would hold a million times.
        value = None if line["value"] is None else bytes(memoryview(orjson.dumps(line["value"])))
    return Record(number, topic, None if key is None else key.encode(), timestamp, value)


@contextmanager
def open_output(path: Path | str) -> Iterator[BinaryIO]:
    """Open a file to write lines to: gzip when it ends in `.gz`, standard output for `-`."""
    path = Path(path)
    if path == STDIO:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif path.suffix == ".gz":
        # No name and no time in the header: the same lines give the same bytes.
        with path.open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
            buffered = io.BufferedWriter(packed, 1 << 20)
            yield cast(BinaryIO, buffered)
            buffered.flush()
    else:
        with path.open("wb", buffering=1 << 20) as plain:
            yield plain


def write_lines(path: Path | str, lines: Iterable[Line]) -> int:
    """Write `lines` to `path` and return how many there were."""
    count = 0
    with open_output(path) as output:
        for count, line in enumerate(lines, 1):  # noqa: B007
            output.write(line.encode())
    return count


@contextmanager
def _open_input(path: Path) -> Iterator[BinaryIO]:
    if path == STDIO:
        yield sys.stdin.buffer
        return
    with path.open("rb") as file:
        packed = file.peek(2)[:2] == _GZIP_MAGIC
        yield cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file


def _numbered(source: BinaryIO) -> Iterator[tuple[int, bytes]]:
    try:
        yield from enumerate(source, 1)
    except (EOFError, gzip.BadGzipFile) as fault:
        raise OSError(f"the compressed file is damaged or cut short: {fault}") from None
