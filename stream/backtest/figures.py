"""Quartiles and percentiles, the usual way: linear between the two nearest (as NumPy's default, type 7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stream.backtest.report import Spread, Volume
from stream.domain.business import DAY_MS


def quantile(ordered: Sequence[float], at: float) -> float | None:
    """Return the quantile `at` (0 to 1) of ascending values; `None` of none.

    >>> quantile([1, 2, 3, 10], 0.5)
    2.5
    """
    if not ordered:
        return None
    place = at * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def spread_days(spans: Iterable[int]) -> Spread:
    """Return the quartiles, in days, of spans in ms."""
    ordered = sorted(span / DAY_MS for span in spans)
    return Spread(len(ordered), quantile(ordered, 0.25), quantile(ordered, 0.5), quantile(ordered, 0.75))


def volume(cells: Sequence[float], zeros: int) -> Volume:
    """Return mean, 95th percentile and largest of `cells` and so many zeros."""
    ordered = [0.0] * zeros + sorted(cells)
    if not ordered:
        return Volume(0.0, 0.0, 0.0)
    return Volume(sum(ordered) / len(ordered), quantile(ordered, 0.95) or 0.0, ordered[-1])
