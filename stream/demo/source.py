"""What the demo feeds: a simulated town, any replay file, or a published data set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stream.engine.log.jsonl import Fault, Line, Record, read_lines

if TYPE_CHECKING:
    from stream.simulate.town import Town

SOURCES = ("berka", "online-retail", "complaints")
Lines = Iterable[Record | Fault | Line]


def lines(
    *, file: Path | None, source: str | None, paths: list[Path], customers: int, days: int, seed: int, zone: ZoneInfo
) -> tuple[str, Lines]:
    """Return what to feed, and how to call it.

    Raises:
        ValueError: both a file and a source, an unknown source, or a source without paths.
    """
    if file is not None and source is not None:
        raise ValueError("give --input or --source, not both")
    if file is not None:
        return str(file.name), read_lines(file)
    if source is None:
        if paths:
            raise ValueError(f"paths go with --source {'|'.join(SOURCES)}")
        return f"a simulated town of {customers}, {days} days", _town(customers, days, seed, zone)
    if source not in SOURCES:
        raise ValueError(f"--source {source}: there are {', '.join(SOURCES)}")
    if not paths:
        raise ValueError(f"--source {source} needs the data set's files")
    return f"{source}: {', '.join(path.name for path in paths)}", _converted(source, paths, zone)


class TownLines:
    """A town's lines, to be taken once, and the town: it knows its people and what becomes of them."""

    def __init__(self, town: Town) -> None:
        self.town = town

    def __iter__(self) -> Iterator[Line]:
        """Live, and yield what happens."""
        return self.town.lines()


def _town(customers: int, days: int, seed: int, zone: ZoneInfo) -> TownLines:
    from stream.simulate.town import Options, Town

    return TownLines(Town(Options(customers=customers, days=days, seed=seed, zone=zone)))


def _converted(source: str, paths: list[Path], zone: ZoneInfo) -> Iterable[Line]:
    from stream.convert import base, berka, complaints, online_retail

    stats = base.Stats()
    if source == "berka":
        return base.in_order(berka.lines(paths, stats, zone=zone), stats)
    if source == "online-retail":
        return base.in_order(online_retail.lines(paths, stats, zone=zone), stats)
    return base.in_order(complaints.lines(paths, stats, zone=zone, customers=1000), stats)
