"""The scoreboard as one HTML file."""

from __future__ import annotations

from stream.evaluate import charts, tables
from stream.evaluate.report import Scoreboard
from stream.reporting import page as paper


def page(board: Scoreboard) -> str:
    """Return the page. It needs no network: it opens from a disk, a mail or a share."""
    parts = [paper.facts_of(tables.facts(board))]
    parts.extend(paper.table_of(tables.candidates(date)) for date in board.dates)
    parts.append(paper.charts_of(charts.all_charts(board)))
    parts.extend(paper.table_of(tables.groups(date)) for date in board.dates)
    parts.extend(paper.table_of(table) for table in (tables.learning(board), tables.drift(board)))
    return paper.page("Churnwatch evaluation", f"Churnwatch evaluation: {board.input.file}", parts)
