"""The report's charts, by Plotly. One function a chart; each returns a figure, or nothing where it would be empty."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from stream.backtest.report import Report, Run
from stream.backtest.words import counted
from stream.reporting.looks import COLOURS, INK, finished, shares

GROUPS = {"hard": "#b5476a", "fact": "#e08a1e", "behavioural": "#2f6fb5"}
TARGETS = {"hard": 0.9, "behavioural": 0.7}
"""Shares of planted signs that are to be found."""


def all_charts(report: Report) -> list[tuple[str, go.Figure]]:
    """Return every chart that has something to show, with its title."""
    runs = report.runs
    found = [
        ("Precision and recall", quality(runs)),
        ("Lead time: days from the first warning to the leaving (quartiles)", lead(runs)),
        *((f"Warnings by week{_of(run, runs)}", weekly(run)) for run in runs),
        ("Signs planted that were found (red: hard, orange: facts, blue: behaviour; line: the aim)", planted(runs)),
        ("Lookalikes that fired", lookalikes(runs)),
        ("At cut-offs: warned, and inactive after", cutoffs(runs)),
        *((f"Overlap{_of(run, runs)}", overlap(run)) for run in runs),
        *((f"Held back by the policy{_of(run, runs)}", suppressed(run)) for run in runs),
        ("Cost, base currency", costs(runs)),
    ]
    return [(title, figure) for title, figure in found if figure is not None]


def _of(run: Run, runs: Sequence[Run]) -> str:
    return f": {run.name}" if len(runs) > 1 else ""


def quality(runs: Sequence[Run]) -> go.Figure | None:
    """Bars of precision and recall by rule and configuration."""
    names = sorted({name for run in runs for name, rule in run.rules.items() if rule.counts.opened}, reverse=True)
    rows = [*names, "all"]  # from the bottom up
    figure = go.Figure()
    for number, run in enumerate(runs):
        figures = {"all": run.overall, **run.rules}
        for place, what in enumerate(("precision", "recall")):
            values = [getattr(figures[name].quality, what) if name in figures else None for name in rows]
            figure.add_bar(
                name=f"{what}{_of(run, runs)}",
                y=rows,
                x=[one.share if one else None for one in values],
                text=[counted(one) for one in values],
                textposition="none",
                hovertemplate="%{y}: %{text}<extra>%{fullData.name}</extra>",
                orientation="h",
                marker={"color": COLOURS[place], "opacity": 1 - 0.45 * number},
            )
    figure.update_layout(barmode="group", xaxis=shares())
    return finished(figure, len(rows) * (1 + len(runs)))


def lead(runs: Sequence[Run]) -> go.Figure | None:
    """A box of the quartiles by rule and configuration."""
    figure = go.Figure()
    lines = 0
    for number, run in enumerate(runs):
        named = [(name, rule.quality.lead) for name, rule in [*sorted(run.rules.items())[::-1], ("all", run.overall)]]
        boxes = [(name, box) for name, box in named if box.median is not None]
        lines += len(boxes)
        if boxes:
            quarter = [box.q1 for _, box in boxes], [box.q3 for _, box in boxes]
            figure.add_box(
                name=run.name,
                y=[name for name, _ in boxes],
                q1=quarter[0],
                median=[box.median for _, box in boxes],
                q3=quarter[1],
                lowerfence=quarter[0],
                upperfence=quarter[1],
                orientation="h",
                marker_color=COLOURS[number],
            )
    figure.update_layout(boxmode="group", xaxis={"title": "days", "rangemode": "tozero"})
    return finished(figure, lines + 1) if lines else None


def weekly(run: Run) -> go.Figure | None:
    """Warnings opened by week of the measured time, stacked by kind."""
    figure = go.Figure()
    starts = run.daily.days[::7]
    for place, (kind, counts) in enumerate(_most(run.daily.opened).items()):
        weeks = [sum(counts[first : first + 7]) for first in range(0, len(counts), 7)]
        figure.add_bar(name=kind, x=starts, y=weeks, marker_color=COLOURS[place % len(COLOURS)])
    figure.update_layout(barmode="stack", xaxis={"type": "date"}, yaxis={"title": "opened in 7 days"})
    return finished(figure, 10, len(COLOURS)) if run.daily.opened else None


def _most(opened: dict[str, list[int]]) -> dict[str, list[int]]:
    """Return the kinds with the most warnings by day, the rest together: more colours than that nobody tells apart."""
    by_size = sorted(opened, key=lambda kind: -sum(opened[kind]))
    first, rest = by_size[: len(COLOURS) - 1], by_size[len(COLOURS) - 1 :]
    shown = {kind: opened[kind] for kind in first}
    if rest:
        shown[f"{len(rest)} others"] = [sum(day) for day in zip(*(opened[kind] for kind in rest), strict=True)]
    return shown


def planted(runs: Sequence[Run]) -> go.Figure | None:
    """Bars of the share found by kind of sign, with what is aimed at."""
    figure = go.Figure()
    lines = runs[0].planted[::-1]
    for number, run in enumerate(runs):
        found = [line for line in run.planted[::-1] if line.found.of]
        figure.add_bar(
            name=run.name,
            y=[line.kind for line in found],
            x=[line.found.share for line in found],
            text=[f"{line.group}: {counted(line.found)}" for line in found],
            textposition="none",
            hovertemplate="%{y}, %{text}<extra>%{fullData.name}</extra>",
            orientation="h",
            marker={"color": [GROUPS[line.group] for line in found], "opacity": 1 - 0.45 * number},
        )
    aims = [(line.kind, TARGETS[line.group]) for line in lines if line.found.of and line.group in TARGETS]
    figure.add_scatter(
        name="aimed at",
        y=[kind for kind, _ in aims],
        x=[aim for _, aim in aims],
        mode="markers",
        marker={"symbol": "line-ns", "size": 16, "line": {"width": 2, "color": INK}},
        hovertemplate="%{y}: %{x:.0%}<extra>aimed at</extra>",
    )
    figure.update_layout(barmode="group", xaxis=shares())
    return finished(figure, len(lines) * len(runs)) if lines else None


def lookalikes(runs: Sequence[Run]) -> go.Figure | None:
    """Bars of the share that fired, false alarms apart from those that were right to and resolve."""
    figure = go.Figure()
    lines = runs[0].lookalikes
    for number, run in enumerate(runs):
        for expected, colour, name in ((False, "#b5476a", "false alarm"), (True, "#3a9d6b", "to resolve")):
            chosen = [line for line in run.lookalikes[::-1] if line.expected == expected]
            figure.add_bar(
                name=f"{name}{_of(run, runs)}",
                y=[line.kind for line in chosen],
                x=[line.fired.share for line in chosen],
                text=[f"{counted(line.fired)}, {line.resolved:,} resolved" for line in chosen],
                textposition="none",
                hovertemplate="%{y}: %{text}<extra>%{fullData.name}</extra>",
                orientation="h",
                marker={"color": colour, "opacity": 1 - 0.45 * number},
            )
    figure.update_layout(barmode="overlay" if len(runs) == 1 else "group", xaxis=shares())
    return finished(figure, len(lines) * len(runs)) if lines else None


def cutoffs(runs: Sequence[Run]) -> go.Figure | None:
    """Precision, recall and how many are inactive after, by cut-off."""
    if not runs[0].cutoffs:
        return None
    figure = go.Figure()
    for number, run in enumerate(runs):
        dates = [cut.date for cut in run.cutoffs]
        for place, what in enumerate(("precision", "recall")):
            values = [getattr(cut.overall, what).share for cut in run.cutoffs]
            line = {"color": COLOURS[place], "dash": "dot" if number else "solid"}
            figure.add_scatter(name=f"{what}{_of(run, runs)}", x=dates, y=values, line=line, mode="lines+markers")
    churned = [cut.churned.share for cut in runs[0].cutoffs]
    figure.add_scatter(name="inactive after", x=dates, y=churned, line={"color": COLOURS[5]}, mode="lines+markers")
    figure.update_layout(yaxis=shares(), xaxis={"type": "date"})
    return finished(figure, 10)


def overlap(run: Run) -> go.Figure | None:
    """A heat map: of a row's warnings, the share with one of the column's kind."""
    kinds = list(run.overlap.matrix)
    if len(kinds) < 2:
        return None
    values = [[run.overlap.matrix[one][other] if one != other else None for other in kinds] for one in kinds]
    figure = go.Figure()
    figure.add_heatmap(
        x=kinds,
        y=kinds,
        z=values,
        zmin=0,
        zmax=1,
        colorscale=[[0, "#f3f6fa"], [1, "#2f6fb5"]],
        colorbar={"tickformat": ".0%", "thickness": 10},
        hovertemplate="of %{y}, %{z:.1%} had %{x}<extra></extra>",
    )
    figure.update_layout(yaxis={"autorange": "reversed"}, xaxis={"tickangle": 90})
    return finished(figure, len(kinds) + 6)


def suppressed(run: Run) -> go.Figure | None:
    """Bars by rule, stacked by stage."""
    kinds = sorted({kind for by in run.suppressed.values() for kind in by}, reverse=True)
    figure = go.Figure()
    for place, (stage, by) in enumerate(run.suppressed.items()):
        counts = [by.get(kind, 0) for kind in kinds]
        figure.add_bar(name=stage, y=kinds, x=counts, orientation="h", marker_color=COLOURS[place % len(COLOURS)])
    figure.update_layout(barmode="stack", xaxis={"title": "times"})
    return finished(figure, len(kinds)) if kinds else None


def costs(runs: Sequence[Run]) -> go.Figure | None:
    """Bars by configuration, stacked by what it is made of; the first is without any warnings."""
    accounts = [(run.name, run.cost) for run in runs if run.cost is not None]
    if not accounts:
        return None
    names = [*(name for name, _ in accounts[::-1]), "no warnings"]
    figure = go.Figure()
    for place, part in enumerate(("lost", "contacts", "annoyance")):
        amounts = [getattr(account, part) for _, account in accounts[::-1]]
        amounts.append(accounts[0][1].without if part == "lost" else 0)
        figure.add_bar(name=part, y=names, x=amounts, orientation="h", marker_color=COLOURS[place])
    figure.update_layout(barmode="stack")
    return finished(figure, len(names) + 1)
