"""What every peer process is told, and how it tells how far it is: eight bytes of a shared file, read from outside."""

from __future__ import annotations

import argparse
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

INPUTS = ("transactions", "balances")
"""The topics that the load is in, in the order in which the merge breaks ties."""

ALERTS = "-alerts"
"""A peer's alerts go to a topic of its group's name with this behind it."""

_COUNT = struct.Struct("<Q")


class Counter:
    """A number of handled events in a file that another process may read at any moment."""

    def __init__(self, file: Path) -> None:
        """Open the file, made by `create`."""
        with file.open("r+b") as handle:
            self._map = mmap.mmap(handle.fileno(), _COUNT.size)
        self._count = 0

    @staticmethod
    def create(file: Path) -> None:
        """Make the file, standing at 0."""
        file.write_bytes(_COUNT.pack(0))

    def add(self, events: int = 1) -> None:
        """Count more handled events."""
        self._count += events
        _COUNT.pack_into(self._map, 0, self._count)

    def read(self) -> int:
        """Return what the file says now."""
        return int(_COUNT.unpack_from(self._map, 0)[0])


@dataclass(frozen=True)
class Told:
    """The command line of a peer process."""

    bootstrap: str
    prefix: str
    group: str
    state_dir: Path
    counter: Path
    partitions: int
    config: Path

    @property
    def topics(self) -> list[str]:
        """The input topics' names in the cluster."""
        return [self.prefix + topic for topic in INPUTS]

    def arguments(self) -> list[str]:
        """Return the command line that says this."""
        return [f"--{name.replace('_', '-')}={value}" for name, value in vars(self).items()]


def told(arguments: list[str] | None = None) -> Told:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    for name in ("bootstrap", "prefix", "group"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("state-dir", "counter", "config"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--partitions", type=int, required=True)
    return Told(**vars(parser.parse_args(arguments)))
