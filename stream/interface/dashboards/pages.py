"""A board as a page that Prometheus itself can serve (`--web.user-assets`), for where there is no Grafana.

The pages ask the server that they come from, at the address beside theirs, and fetch nothing from anywhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import msgspec
from jinja2 import Environment, StrictUndefined

from stream.interface.dashboards.board import Board

_PARTS = ("board.css", "board.js", "ask.js", "draw.js", "units.js")
_PLOTS = ("uplot.min.css", "uplot.min.js")


def name_of(board: Board) -> str:
    """Return the name of a board's page."""
    return f"{board.uid}.html"


def pages(boards: Sequence[Board], scrape_s: int, notice: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file: a page a board, and what they share.

    `scrape_s`: how often Prometheus scrapes; `notice`: what a reader should know first.
    """
    folder, plots = files("stream.interface.dashboards") / "page", files("stream.desk.web") / "static" / "vendor"
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "json": lambda value: msgspec.json.encode(value).decode(),
        "page": name_of,
        "topic": lambda title: title.removeprefix("Churnwatch / "),
    }
    template = environment.from_string((folder / "board.html").read_text("utf-8"))
    for board in boards:
        yield name_of(board), template.render(board=board, boards=boards, scrape_s=scrape_s, notice=notice)
    for place, names in ((folder, _PARTS), (plots, _PLOTS)):
        yield from ((name, (place / name).read_text("utf-8")) for name in names)


def write(into: Path, boards: Sequence[Board], scrape_s: int, notice: str = "") -> None:
    """Write the pages and what they need into a folder."""
    into.mkdir(parents=True, exist_ok=True)
    for name, text in pages(boards, scrape_s, notice):
        (into / name).write_text(text, encoding="utf-8")
