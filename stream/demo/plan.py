"""What a demo is to show."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stream.demo.source import Lines
from stream.simulate.town import Town


@dataclass(frozen=True)
class Plan:
    """What to show. `rate`: events a second, `None` as fast as it goes; `leave`: end when the input is done; `config`:
    the file that the settings came from, for the worker."""

    what: str
    lines: Lines
    rate: float | None
    leave: bool
    config: Path | None = None
    town: Town | None = None  # where the lines come from, if they are a town's
    desk: bool = True
    desk_port: int = 0  # 0: a free one
    browse: bool = False  # open the link in a browser
    dashboard: bool = False  # a Prometheus, and its pages
    checks: tuple[str, ...] = ()  # commands of `stream.control` to give first, so that a receiver can be checked
