"""The scoreboard's charts, by Plotly. One function a chart."""

from __future__ import annotations

import plotly.graph_objects as go

from stream.evaluate.report import Candidate, Date, Scoreboard
from stream.reporting.looks import COLOURS, INK, finished, shares

_DASH = {"champion": "solid", "online": "solid", "batch": "dash", "naive": "dot"}
_LINES = 10


def all_charts(board: Scoreboard) -> list[tuple[str, go.Figure]]:
    """Return every chart that has something to show, with its title."""
    found = []
    for date in board.dates:
        found += [
            (f"{date.date}: how well each model ranks", ranking(date)),
            (f"{date.date}: churners found, by share of customers called", gains(date)),
            (f"{date.date}: said, and what came of it", calibration(date)),
        ]
        parts = by_part(date)
        if parts is not None:
            found.append((f"{date.date}: the champion, by part of the customers", parts))
    if board.learning:
        found.append(("Learning: PR-AUC by month of the cut-off", learning(board)))
    return found


def _chosen(date: Date) -> list[tuple[str, Candidate]]:
    """Return the champion first, then what it is to be compared with."""
    rank = {"champion": 0, "batch": 1, "online": 2, "naive": 3}
    return sorted(date.candidates.items(), key=lambda item: (rank[item[1].family], item[0]))


def ranking(date: Date) -> go.Figure:
    """Bars of ROC-AUC and PR-AUC by model."""
    figure = go.Figure()
    chosen = _chosen(date)[::-1]
    names = [name for name, _ in chosen]
    for place, (title, what) in enumerate((("ROC-AUC", "roc_auc"), ("PR-AUC", "pr_auc"))):
        values = [getattr(one.figures, what) for _, one in chosen]
        figure.add_bar(name=title, y=names, x=values, orientation="h", marker_color=COLOURS[place])
    figure.update_layout(barmode="group", xaxis={"range": [0, 1.02]})
    return finished(figure, 2 * len(names))


def gains(date: Date) -> go.Figure:
    """The gains curve of each model, and that of chance."""
    figure = go.Figure()
    for place, (name, one) in enumerate(_chosen(date)):
        line = {"color": COLOURS[place % len(COLOURS)], "dash": _DASH[one.family], "width": 3 if place == 0 else 1.5}
        figure.add_scatter(name=name, x=[p.share for p in one.gains], y=[p.churners for p in one.gains], line=line)
    figure.add_scatter(name="chance", x=[0, 1], y=[0, 1], line={"color": COLOURS[5], "dash": "dot"})
    figure.update_layout(xaxis=shares() | {"title": "customers called, the highest scores first"}, yaxis=shares())
    return finished(figure, _LINES, len(COLOURS))


def calibration(date: Date) -> go.Figure:
    """What was said against what came of it, in ten bins."""
    figure = go.Figure()
    compared = [(name, one) for name, one in _chosen(date) if one.family in ("champion", "batch")]
    for place, (name, one) in enumerate(compared):
        figure.add_scatter(
            name=name,
            x=[b.score for b in one.calibration],
            y=[b.churned for b in one.calibration],
            mode="lines+markers",
            line={"color": COLOURS[place], "dash": _DASH[one.family]},
        )
    figure.add_scatter(
        name="exactly so", x=[0, 1], y=[0, 1], mode="lines", line={"color": INK, "dash": "dot", "width": 1}
    )
    figure.update_layout(xaxis=shares() | {"title": "score"}, yaxis=shares() | {"title": "churned"})
    return finished(figure, _LINES, 4)


def by_part(date: Date) -> go.Figure | None:
    """Bars of the champion's ROC-AUC by part of the customers."""
    parts = [
        (f"{by}: {which}", one)
        for by, found in date.candidates[date.champion].groups.items()
        for which, one in sorted(found.items(), key=lambda item: -item[1].n)[:12]
        if one.roc_auc is not None
    ][::-1]
    if not parts:
        return None
    figure = go.Figure()
    figure.add_bar(
        y=[name for name, _ in parts],
        x=[one.roc_auc for _, one in parts],
        text=[f"{one.n:,} customers" for _, one in parts],
        textposition="none",
        hovertemplate="%{y}: %{x:.3f}, %{text}<extra></extra>",
        orientation="h",
        marker_color=COLOURS[0],
    )
    overall = date.candidates[date.champion].figures.roc_auc
    figure.add_vline(x=overall, line={"color": INK, "dash": "dot"})
    figure.update_layout(xaxis={"range": [0, 1.02], "title": "ROC-AUC (line: all customers)"})
    return finished(figure, len(parts))


def learning(board: Scoreboard) -> go.Figure:
    """PR-AUC by month of the cut-off, and the share that churned."""
    figure = go.Figure()
    months = [month.month for month in board.learning]
    names = sorted({name for month in board.learning for name in month.pr_auc})
    for place, name in enumerate(names):
        values = [month.pr_auc.get(name) for month in board.learning]
        line = {"color": COLOURS[place % len(COLOURS)]}
        figure.add_scatter(name=name, x=months, y=values, line=line, mode="lines+markers")
    base = [month.base_rate for month in board.learning]
    figure.add_scatter(name="churned", x=months, y=base, line={"color": INK, "dash": "dot"})
    figure.update_layout(yaxis={"range": [0, 1.02]})
    return finished(figure, _LINES, len(COLOURS))
