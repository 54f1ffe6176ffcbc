"""The report on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from stream.backtest import tables
from stream.backtest.report import Report

_PIPE_WIDTH = 160
"""Columns where no terminal says how many it has: a table in a file is not wrapped for 80."""


def show(report: Report, console: Console | None = None) -> None:
    """Print the report to standard output; in colour only on a terminal."""
    out = console or Console(highlight=False)
    if console is None and not out.is_terminal:
        out = Console(highlight=False, width=_PIPE_WIDTH, color_system=None)
    for name, said in tables.facts(report):
        out.print(Text(f"{name:<10}", "bold"), Text(said), sep="")
    for run in report.runs:
        if len(report.runs) > 1:
            out.print()
            out.rule(Text(run.name))
        for table in tables.of_run(run):
            _print(out, table)
    for table in (tables.costs(report.runs), tables.differences(report)):
        if table.rows:
            _print(out, table)


def _print(out: Console, table: tables.Table) -> None:
    shown = RichTable(box=None, pad_edge=False)
    for place, column in enumerate(table.columns):
        shown.add_column(Text(column), justify="left" if place in table.text else "right", overflow="fold")
    for row in table.rows:
        shown.add_row(*(Text(cell) for cell in row))
    out.print()
    out.print(Text(table.title, "bold"))
    out.print(shown)
    if table.note:
        out.print(Text(table.note, "dim"))
