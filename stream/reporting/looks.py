"""How charts look: one set of colours and sizes for every report."""

from __future__ import annotations

import plotly.graph_objects as go

INK, GRID = "#1f2933", "#e4e7eb"
COLOURS = ("#2f6fb5", "#e08a1e", "#3a9d6b", "#b5476a", "#7a5ea8", "#8a8f98", "#c2a83e", "#4bb0b8")

_LINE = 26
"""Height of a bar's line in pixels."""


def shares() -> dict[str, object]:
    """Return an axis of shares, 0 to 100 %."""
    return {"tickformat": ".0%", "range": [0, 1.02]}


def finished(figure: go.Figure, lines: int, legends: int = 2) -> go.Figure:
    """Give every chart the same looks and a height that fits its lines and its legend, on a narrow screen too."""
    figure.update_layout(
        template="plotly_white",
        height=110 + _LINE * max(3, lines) + 10 * legends,
        margin={"l": 8, "r": 12, "t": 8, "b": 8},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "font": {"size": 11}},
        font={"size": 12, "color": INK},
        dragmode=False,
    )
    figure.update_xaxes(automargin=True, gridcolor=GRID)
    figure.update_yaxes(automargin=True, gridcolor=GRID)
    return figure
