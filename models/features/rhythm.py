"""How long the customer has been silent, measured by days and by their own rhythm.

Sources: recency, frequency and tenure are the classical RFM-T of customer-base analysis (Schmittlein, Morrison and
Colombo 1987, "Counting your customers"); a silence against the customer's own gaps is "overdue" in Platzer and
Reutterer 2016, "Ticking away the moments: timing regularity helps to better predict customer activity".
"""

from __future__ import annotations

from bisect import bisect_right
from math import log2, sqrt
from operator import mul

from models.features.base import Feature, feature
from models.features.view import View

_RFM = "Schmittlein, Morrison and Colombo 1987"
_RHYTHM = "Platzer and Reutterer 2016"


@feature(
    unit="days",
    meaning="since the last act of the customer's own; a return is none",
    source=_RFM,
    log=True,
    zh="距上次主动交易{value:.0f}天",
    en="{value:.0f} days since the last act of their own",
)
def recency(view: View) -> float | None:
    """Return the days since the last own act; missing where there was none."""
    return view.recency


@feature(
    unit="days",
    meaning="since anything at all was heard of the customer, passive movements and service events included",
    source="practice: a dormant account still gets interest",
    log=True,
    zh="距最近一次任何记录{value:.0f}天",
    en="{value:.0f} days since anything was heard",
)
def since_news(view: View) -> float | None:
    """Return the days since the newest event; missing for a customer never heard of."""
    return view.age(view.state.newest) if view.state.newest else None


@feature(
    unit="days",
    meaning="since the first act, or the first event where there was no act",
    source=_RFM,
    log=True,
    zh="成为客户{value:.0f}天",
    en="a customer for {value:.0f} days",
)
def tenure(view: View) -> float | None:
    """Return the days since the first own act."""
    return view.tenure


@feature(
    unit="days",
    meaning="mean gap between active days, of the last forty",
    source=_RFM,
    log=True,
    zh="平均间隔{value:.1f}天",
    en="{value:.1f} days between active days on average",
)
def mean_gap(view: View) -> float | None:
    """Return the mean gap; missing under two active days."""
    return view.mean_gap


@feature(
    unit="days",
    meaning="median of the customer's own gaps",
    source=_RHYTHM,
    log=True,
    zh="间隔中位数{value:.0f}天",
    en="half of their gaps are under {value:.0f} days",
)
def gap_median(view: View) -> float | None:
    """Return the median gap; missing under two active days."""
    return view.gaps[(len(view.gaps) - 1) // 2] if view.gaps else None


@feature(
    unit="days",
    meaning="90 % quantile of the customer's own gaps",
    source=_RHYTHM,
    log=True,
    zh="九成间隔不超过{value:.0f}天",
    en="nine gaps in ten are under {value:.0f} days",
)
def gap_high(view: View) -> float | None:
    """Return the 90 % gap; missing under two active days."""
    return view.gap_high


@feature(
    unit="ratio",
    meaning="standard deviation of the gaps over their mean: 0 is a clock, 1 is chance",
    source=_RHYTHM,
    zh="间隔离散度{value:.2f}",
    en="gaps vary by {value:.2f} of their mean",
)
def gap_variation(view: View) -> float | None:
    """Return the coefficient of variation; missing under three gaps."""
    gaps, mean = view.gaps, view.mean_gap
    if len(gaps) < 3 or not mean:
        return None
    return sqrt(max(0.0, sum(map(mul, gaps, gaps)) / len(gaps) - mean * mean)) / mean


@feature(
    unit="ratio",
    meaning="silence over the mean gap",
    source=_RFM,
    log=True,
    zh="沉默已是平均间隔的{value:.1f}倍",
    en="silent for {value:.1f} times the mean gap",
)
def recency_over_gap(view: View) -> float | None:
    """Return recency over mean gap; missing under two active days."""
    if view.recency is None or not view.mean_gap:
        return None
    return view.recency / view.mean_gap


@feature(
    unit="ratio",
    meaning="silence over the customer's own 90 % gap",
    source=_RHYTHM,
    log=True,
    zh="沉默已是其较长间隔的{value:.1f}倍",
    en="silent for {value:.1f} times their long gap",
)
def recency_over_high(view: View) -> float | None:
    """Return recency over the 90 % gap; missing under two active days."""
    return None if view.recency is None or not view.gap_high else view.recency / view.gap_high


@feature(
    unit="share",
    meaning="share of the own gaps that were longer than the silence now, with one gap of each kind added",
    source=_RHYTHM + "; Laplace's rule of succession",
    zh="过去{value:.0%}的间隔比现在的沉默更长",
    en="{value:.0%} of their gaps were longer than this silence",
)
def gaps_longer(view: View) -> float | None:
    """Return how usual it is that such a silence ends; missing without an act."""
    recency = view.recency
    if recency is None:
        return None
    longer = len(view.gaps) - bisect_right(view.gaps, recency)
    return (longer + 1) / (len(view.gaps) + 2)


@feature(
    unit="acts",
    meaning="acts that the customer's own rate would have brought in the silence: rate x recency",
    source=_RFM,
    log=True,
    zh="按平时频率沉默期间应有{value:.1f}次",
    en="at the usual rate {value:.1f} acts were due in the silence",
)
def expected_silence(view: View) -> float | None:
    """Return acts per day of tenure times the silence; missing without an act."""
    if view.recency is None or view.tenure is None:
        return None
    return view.state.acts * view.recency / (view.tenure + 30)


@feature(
    unit="log ratio",
    meaning="the last three gaps against those before: above 0 the customer comes less and less often",
    source=_RHYTHM,
    zh="近期间隔变化(对数){value:+.2f}",
    en="gaps have changed by {value:+.2f} (log) lately",
)
def gap_trend(view: View) -> float | None:
    """Return `log2` of mean recent gap over mean earlier gap; missing under five gaps."""
    days = view.state.active_days
    if len(days) < 6:
        return None
    recent = (days[-1] - days[-4]) / 3
    before = (days[-4] - days[0]) / (len(days) - 4)
    return log2(recent / before) if recent > 0 and before > 0 else None


@feature(
    unit="days",
    meaning="the last gap between active days",
    source=_RHYTHM,
    log=True,
    zh="最近一次间隔{value:.0f}天",
    en="the last gap was {value:.0f} days",
)
def last_gap(view: View) -> float | None:
    """Return the last gap; missing under two active days."""
    days = view.state.active_days
    return days[-1] - days[-2] if len(days) > 1 else None


@feature(
    unit="days",
    meaning="the last two gaps between active days together",
    source=_RHYTHM,
    log=True,
    zh="最近两次间隔共{value:.0f}天",
    en="the last two gaps were {value:.0f} days together",
)
def last_two_gaps(view: View) -> float | None:
    """Return the two last gaps; missing under three active days."""
    days = view.state.active_days
    return days[-1] - days[-3] if len(days) > 2 else None


FEATURES: tuple[Feature, ...] = (
    recency,
    since_news,
    tenure,
    mean_gap,
    gap_median,
    gap_high,
    gap_variation,
    recency_over_gap,
    recency_over_high,
    gaps_longer,
    expected_silence,
    gap_trend,
    last_gap,
    last_two_gaps,
)
