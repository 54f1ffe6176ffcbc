"""Tables on a terminal; in colour only there."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from stream.reporting.table import Facts, Table

_PIPE_WIDTH = 160
"""Columns where no terminal says how many it has: a table in a file is not wrapped for 80."""


def console_of(given: Console | None = None) -> Console:
    """Return where to print: `given`, or standard output."""
    out = given or Console(highlight=False)
    if given is None and not out.is_terminal:
        return Console(highlight=False, width=_PIPE_WIDTH, color_system=None)
    return out


def print_facts(out: Console, facts: Facts) -> None:
    """Print a line for each."""
    for name, said in facts:
        out.print(Text(f"{name:<10}", "bold"), Text(said), sep="")


def print_table(out: Console, table: Table) -> None:
    """Print one with its title and note; nothing where it has no rows."""
    if not table.rows:
        return
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
