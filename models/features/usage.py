"""What a phone customer uses, and where points come and go. Usage in the unit's own measure.

Sources: usage and its trend are the core of telecom churn models (Hung, Yen and Wang 2006, "Applying data mining to
telecom churn management"); points: Kopalle et al. 2012, "The joint sales impact of frequency reward and customer tier".
"""

from __future__ import annotations

from math import log2

from models.features.base import Feature, feature
from models.features.view import View
from stream.domain.state import EARNED, UNITS, USAGE

_USAGE = "Hung, Yen and Wang 2006"
_LOYALTY = "Kopalle et al. 2012"
_MINUTES, _DATA, _SPENT, _EARNED = USAGE + UNITS["min"], USAGE + UNITS["MB"], USAGE + UNITS["point"], USAGE + EARNED


def _used(view: View, place: int) -> float | None:
    """Return 30 days' usage; missing where none was seen in a year."""
    return view.used(place, 0, 30) / 1000 if _in_year(view, place) else None


def _trend(view: View, place: int) -> float | None:
    """Return `log2` of the last 28 days over a third of the 84 before, a tenth of the usual added to each."""
    if not _in_year(view, place):
        return None
    now, before = view.used(place, 0, 28), view.used(place, 28, 84) / 2
    usual = max(now, before)
    return log2((now + usual / 10) / (before + usual / 10)) if usual else None


def known(view: View) -> bool:
    """Tell whether any of these features can be other than `ABSENT`."""
    return view.widest > USAGE


@feature(
    unit="min",
    meaning="minutes called in 30 days",
    source=_USAGE,
    log=True,
    zh="近30天通话{value:,.0f}分钟",
    en="{value:,.0f} minutes in 30 days",
)
def minutes_30(view: View) -> float | None:
    """Return the minutes; missing for who never called in a year."""
    return _used(view, _MINUTES)


@feature(
    unit="log ratio",
    meaning="minutes of the last four weeks against four of the eight before",
    source=_USAGE,
    zh="通话量变化(对数){value:+.2f}",
    en="calling has changed by {value:+.2f} (log)",
)
def minutes_trend(view: View) -> float | None:
    """Return `log2` of the change; missing without calls."""
    return _trend(view, _MINUTES)


@feature(
    unit="MB",
    meaning="data used in 30 days",
    source=_USAGE,
    log=True,
    zh="近30天流量{value:,.0f}MB",
    en="{value:,.0f} MB in 30 days",
)
def data_30(view: View) -> float | None:
    """Return the megabytes; missing for who never used data in a year."""
    return _used(view, _DATA)


@feature(
    unit="log ratio",
    meaning="data of the last four weeks against four of the eight before",
    source=_USAGE,
    zh="流量变化(对数){value:+.2f}",
    en="data use has changed by {value:+.2f} (log)",
)
def data_trend(view: View) -> float | None:
    """Return `log2` of the change; missing without data."""
    return _trend(view, _DATA)


@feature(
    unit="points",
    meaning="points earned in the last 90 days",
    source=_LOYALTY,
    log=True,
    zh="近90天获得{value:,.0f}积分",
    en="{value:,.0f} points earned in 90 days",
)
def points_earned(view: View) -> float | None:
    """Return the points earned; missing for who had no points in a year."""
    return view.used(_EARNED, 0, 90) / 1000 if _has_points(view) else None


@feature(
    unit="points",
    meaning="points spent in the last 90 days",
    source=_LOYALTY,
    log=True,
    zh="近90天使用{value:,.0f}积分",
    en="{value:,.0f} points spent in 90 days",
)
def points_spent(view: View) -> float | None:
    """Return the points spent; missing for who had no points in a year."""
    return view.used(_SPENT, 0, 90) / 1000 if _has_points(view) else None


@feature(
    unit="share",
    meaning="points spent of those earned in the last 53 weeks: who empties the account may be on the way out",
    source=_LOYALTY,
    zh="一年积分使用率{value:.0%}",
    en="{value:.0%} of a year's points spent",
)
def points_used_up(view: View) -> float | None:
    """Return spent over earned, at most 10; missing where nothing was earned."""
    earned = _in_year(view, _EARNED)
    return min(10.0, _in_year(view, _SPENT) / earned) if earned else None


def _has_points(view: View) -> bool:
    return _in_year(view, _EARNED) > 0 or _in_year(view, _SPENT) > 0


def _in_year(view: View, place: int) -> int:
    return view.used_in_year[place - USAGE] if place < view.widest else 0


FEATURES: tuple[Feature, ...] = (
    minutes_30,
    minutes_trend,
    data_30,
    data_trend,
    points_earned,
    points_spent,
    points_used_up,
)
ABSENT: tuple[float | None, ...] = (None,) * len(FEATURES)
