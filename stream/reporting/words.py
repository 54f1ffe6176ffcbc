"""Figures as people read them."""

from __future__ import annotations

NONE = "–"


def percent(value: float | None) -> str:
    """Return a share of 1 as a percentage; a dash where there is none.

    >>> percent(0.125), percent(None)
    ('12.5 %', '–')
    """
    return NONE if value is None else f"{value * 100:.1f} %"


def number(value: float | None, places: int = 1) -> str:
    """Return a number, or a dash."""
    return NONE if value is None else f"{value:,.{places}f}"


def signed(value: float | None, places: int = 0, scale: float = 1, unit: str = "") -> str:
    """Return a difference with its sign."""
    return NONE if value is None else f"{value * scale:+,.{places}f}{unit}"
