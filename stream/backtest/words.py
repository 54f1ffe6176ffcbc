"""The back-test's own kinds of figures as people read them."""

from __future__ import annotations

from stream.backtest.report import Share, Spread
from stream.reporting.words import NONE, number, percent


def counted(figure: Share | None) -> str:
    """Return a share with what it is of."""
    return NONE if figure is None or not figure.of else f"{percent(figure.share)} ({figure.hits:,}/{figure.of:,})"


def quartiles(figure: Spread) -> str:
    """Return the median, and the quartiles around it."""
    if figure.median is None:
        return NONE
    return f"{number(figure.median)} ({number(figure.q1)}–{number(figure.q3)})"
