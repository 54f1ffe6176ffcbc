"""The report on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from stream.backtest import tables
from stream.backtest.report import Report
from stream.reporting.terminal import console_of, print_facts, print_table


def show(report: Report, console: Console | None = None) -> None:
    """Print the report to standard output."""
    out = console_of(console)
    print_facts(out, tables.facts(report))
    for run in report.runs:
        if len(report.runs) > 1:
            out.print()
            out.rule(Text(run.name))
        for table in tables.of_run(run):
            print_table(out, table)
    for table in (tables.costs(report.runs), tables.differences(report)):
        print_table(out, table)
