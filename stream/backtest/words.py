"""Figures as people read them."""

from __future__ import annotations

from stream.backtest.report import Share, Spread

NONE = "–"


def percent(value: float | None) -> str:
    """Return a share of 1 as a percentage; a dash where there is none.

    >>> percent(0.125), percent(None)
    ('12.5 %', '–')
    """
    return NONE if value is None else f"{value * 100:.1f} %"


def counted(figure: Share | None) -> str:
    """Return a share with what it is of."""
    return NONE if figure is None or not figure.of else f"{percent(figure.share)} ({figure.hits:,}/{figure.of:,})"


def number(value: float | None, places: int = 1) -> str:
    """Return a number, or a dash."""
    return NONE if value is None else f"{value:,.{places}f}"


def quartiles(figure: Spread) -> str:
    """Return the median, and the quartiles around it."""
    if figure.median is None:
        return NONE
    return f"{number(figure.median)} ({number(figure.q1)}–{number(figure.q3)})"


def signed(value: float | None, places: int = 0, scale: float = 1, unit: str = "") -> str:
    """Return a difference with its sign."""
    return NONE if value is None else f"{value * scale:+,.{places}f}{unit}"
