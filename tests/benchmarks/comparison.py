"""Three workloads of every engine as one table, one chart and one JSON; what is compared are the ratios of one run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .lineup import ENGINES
from .outcome import Outcome
from .workloads import WORKLOADS

WORKER = "churnwatch"


def mine(outcome: Outcome) -> str:
    """Return which of the worker's engines stands for it in a workload."""
    return f"{WORKER}+scoring" if f"{WORKER}+scoring" in outcome.runs else WORKER


def ratios(outcome: Outcome) -> dict[str, dict[str, float]]:
    """Return the worker over each other engine: events a second, and events in a second of CPU."""
    own = mine(outcome)
    return {
        name: {"rate": outcome.ratio(own, name), "cpu": outcome.cpu_ratio(own, name)}
        for name in outcome.runs
        if name != own
    }


def as_json(outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    """Return all runs and ratios by workload."""
    return {name: outcome.as_json() | {"worker_over": ratios(outcome)} for name, outcome in outcomes.items()}


def markdown(outcomes: Mapping[str, Outcome]) -> str:
    """Return the table, a row an engine and workload."""
    columns = (
        "workload",
        "engine",
        "events/s, median (range)",
        "CPU, µs an event",
        "MB",
        "the worker over it",
        "by CPU",
    )
    lines = [f"| {' | '.join(columns)} | promises |", "|---" * (len(columns) + 1) + "|"]
    for workload, outcome in outcomes.items():
        over = ratios(outcome)
        for name, runs in outcome.runs.items():
            rates = [run.rate for run in runs]
            span = f"{outcome.rate(name):,.0f} ({min(rates):,.0f}–{max(rates):,.0f})"
            times = over.get(name)
            cells = (
                workload,
                f"**{name}**" if times is None else name,
                span,
                f"{outcome.cpu_us(name):.1f}",
                f"{max(run.peak_mb for run in runs):.0f}",
                "" if times is None else f"{times['rate']:.2f} ×",
                "" if times is None else f"{times['cpu']:.2f} ×",
                ENGINES[name].promises,
            )
            lines.append(f"| {' | '.join(cells)} |")
    told = [f"- `{name}`: {WORKLOADS[name].about}" for name in outcomes]
    return "\n".join([*lines, "", *told])


def write_page(outcomes: Mapping[str, Outcome], file: Path) -> None:
    """Write a page with a chart of events a second and one of CPU, and the table."""
    import plotly.graph_objects as go

    from stream.reporting.looks import COLOURS, finished
    from stream.reporting.page import charts_of, facts_of, page, table_of
    from stream.reporting.table import Table

    engines = [name for name in ENGINES if any(name in outcome.runs for outcome in outcomes.values())]
    charts = []
    for title, of in (("Events a second, one process", Outcome.rate), ("CPU, µs an event", Outcome.cpu_us)):
        figure = go.Figure(
            [
                go.Bar(
                    name=workload,
                    orientation="h",
                    y=[name for name in engines if name in outcome.runs],
                    x=[of(outcome, name) for name in engines if name in outcome.runs],
                    marker_color=COLOURS[number],
                )
                for number, (workload, outcome) in enumerate(outcomes.items())
            ]
        )
        figure.update_xaxes(type="log")
        charts.append((title, finished(figure, 2 * len(engines))))
    header, _, *rows = markdown(outcomes).partition("\n\n")[0].splitlines()
    cells = [tuple(cell.strip(" *") for cell in row.strip("|").split("|")) for row in (header, *rows)]
    table = Table("Every engine", cells[0], cells[1:], text=(0, 1, 7))
    facts = [(name, WORKLOADS[name].about) for name in outcomes]
    title = "Churnwatch beside its peers"
    file.write_text(page(title, title, [facts_of(facts), charts_of(charts), table_of(table)]), encoding="utf-8")
