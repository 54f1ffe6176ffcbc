"""The report as one HTML file."""

from __future__ import annotations

from stream.backtest import charts, tables
from stream.backtest.report import Report
from stream.reporting import page as paper


def page(report: Report) -> str:
    """Return the page. It needs no network: it opens from a disk, a mail or a share."""
    parts = [paper.facts_of(tables.facts(report))]
    parts.extend(paper.table_of(table) for table in (tables.costs(report.runs), tables.differences(report)))
    parts.append(paper.charts_of(charts.all_charts(report)))
    for run in report.runs:
        parts.append(paper.group_of(f"Figures of {run.name}"))
        parts.extend(paper.table_of(table) for table in tables.of_run(run))
    return paper.page("Churnwatch back-test", f"Churnwatch back-test: {report.input.file}", parts)
