"""When the next act is due, from the gaps between the acts so far; and the month of the year that stands out: pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, sqrt

from msgspec import Struct

from stream.domain.calendar import Calendar
from stream.domain.ring import Ring
from stream.domain.state import SPEND, Bucket


class Rhythm(Struct, frozen=True, gc=False):
    """The gaps between a customer's active days, in calendar days; `high` is a quantile, `variation` sd over mean."""

    gaps: int
    median: int
    high: int
    variation: float


def rhythm(days: Sequence[int], *, least: int, shortest: float, quantile: float) -> Rhythm | None:
    """Return the rhythm of active days, oldest first; `None`: too few, or too close together to wait for one.

    Args:
        days: active business days.
        least: gaps at least.
        shortest: mean gap at least, days.
        quantile: which one `high` is, 0 to 1.
    """
    count = len(days) - 1
    if count < least:
        return None
    span = days[-1] - days[0]
    if span < shortest * count:
        return None
    gaps = sorted([later - day for day, later in pairwise(days)])
    mean = span / count
    variance = sum([gap * gap for gap in gaps]) / count - mean * mean
    high = gaps[min(count - 1, ceil(quantile * count) - 1)]
    return Rhythm(count, gaps[(count - 1) // 2], high, sqrt(max(variance, 0.0)) / mean)


def due_day(last: int, allowed: int, margin: int, calendar: Calendar) -> int:
    """Return the day after which an act is overdue: `allowed` days after `last`, and `margin` working days.

    The days of public holidays, with the weekends that touch them, do not count.
    """
    day = last
    while allowed > 0:
        day += 1
        allowed -= calendar.is_ordinary(day) or calendar.is_working(day)
    return calendar.add(day, margin)


def spend_of(months: Ring[Bucket], month: int) -> int:
    """Return what was spent in a month, minor units."""
    bucket = months.get(month)
    return 0 if bucket is None else bucket[SPEND]


def usual_month(months: Ring[Bucket], without: Sequence[int]) -> tuple[int, int]:
    """Return (the median spend of the months with any, how many those are), but for those in `without`."""
    spent = sorted(b[SPEND] for month, b in months.numbered() if month not in without and b[SPEND] > 0)
    return (spent[(len(spent) - 1) // 2], len(spent)) if spent else (0, 0)
