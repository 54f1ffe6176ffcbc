"""What is remembered of a started broker, and whether the process of that record still is that broker."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil

FILE = "broker.json"

_CLOCK_S = 30.0
"""A start time is told by the wall clock, which may be set meanwhile; the command line tells the rest."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One started broker. `created` is when its process started, in s since the epoch as the system says."""

    kind: str
    bootstrap: str
    controller_port: int
    pid: int
    created: float
    version: str
    log: str
    data: str

    @property
    def port(self) -> int:
        """The client port."""
        return int(self.bootstrap.rpartition(":")[2])


def read(node: Path) -> Record | None:
    """Return the record of the broker in `node`; None when there is none, or none that can be read."""
    try:
        return msgspec.json.decode((node / FILE).read_bytes(), type=Record)
    except (OSError, msgspec.DecodeError):
        return None


def write(node: Path, record: Record) -> None:
    """Keep `record`, replacing the file in one step."""
    fresh = node / f"{FILE}.new"
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")
    fresh.replace(node / FILE)


def process(node: Path, record: Record) -> psutil.Process | None:
    """Return the live process of `record`, or None when it ended or its pid now belongs to a stranger.

    A stranger started at another time or runs without this broker's configuration file.
    """
    try:
        found = psutil.Process(record.pid)
        same = (
            abs(found.create_time() - record.created) < _CLOCK_S and str(node / "server.properties") in found.cmdline()
        )
        return found if same and found.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


@contextmanager
def exclusive(node: Path) -> Iterator[None]:
    """Hold the broker's directory against another `up` or `down` of the same broker; waits for its turn."""
    import fcntl

    node.mkdir(parents=True, exist_ok=True)
    handle = os.open(node / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
