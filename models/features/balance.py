"""What the customer keeps with us: level, direction and unrest. Money in units of the base currency.

Sources: balance level and its decline lead every ranking of predictors in retail banking (Larivière and Van den Poel
2004; Haenlein 2007); the slope over the level is free of scale.
"""

from __future__ import annotations

from math import log2, sqrt
from operator import mul

from models.features.base import Feature, feature
from models.features.view import View

_LEVEL = "Larivière and Van den Poel 2004"
_TREND = "Haenlein 2007"
_MONTH = 28


def known(view: View) -> bool:
    """Tell whether any of these features can be other than `ABSENT`."""
    return view.holdings is not None


@feature(
    unit="money",
    meaning="holdings now: asset accounts and products, debts left out",
    source=_LEVEL,
    log=True,
    zh="资产余额{value:,.0f}",
    en="holdings of {value:,.0f}",
)
def balance(view: View) -> float | None:
    """Return the holdings; missing where neither account nor product is known."""
    return None if view.holdings is None else view.business.major(view.holdings)


@feature(
    unit="share",
    meaning="holdings now over their median of three months",
    source=_TREND,
    zh="余额为近三个月中位数的{value:.0%}",
    en="holdings at {value:.0%} of their three-month median",
)
def balance_over_median(view: View) -> float | None:
    """Return the ratio, at most 10; missing without a baseline."""
    baseline = view.state.baseline
    if baseline is None or baseline.median <= 0 or view.holdings is None:
        return None
    return max(-1.0, min(10.0, view.holdings / baseline.median))


@feature(
    unit="log ratio",
    meaning="mean closing of the last four weeks against the four before",
    source=_TREND,
    zh="四周余额变化(对数){value:+.2f}",
    en="balance over 4 weeks {value:+.2f} (log)",
)
def balance_trend(view: View) -> float | None:
    """Return `log2` of the change; missing with less than six weeks of closings."""
    closings = view.closings
    if len(closings) < _MONTH * 3 // 2:
        return None
    return _log_ratio(_mean(closings[-_MONTH:]), _mean(closings[-2 * _MONTH : -_MONTH]))


@feature(
    unit="share a month",
    meaning="slope of the closings over three months by least squares, over their mean",
    source=_TREND,
    zh="余额每月变化{value:+.0%}",
    en="holdings change by {value:+.0%} a month",
)
def balance_slope(view: View) -> float | None:
    """Return the relative slope, within +-10; missing with less than four weeks of closings."""
    closings = view.closings
    count = len(closings)
    mean = view.mean_closing
    if count < _MONTH or mean <= 0:
        return None
    middle = (count - 1) / 2
    moment: float = sum(map(mul, range(count), closings)) - middle * mean * count
    slope = moment * 12 / (count * (count * count - 1))
    return max(-10.0, min(10.0, 30 * slope / mean))


@feature(
    unit="ratio",
    meaning="standard deviation of the closings of three months over their mean",
    source=_LEVEL,
    zh="余额波动{value:.2f}",
    en="holdings vary by {value:.2f} of their mean",
)
def balance_volatility(view: View) -> float | None:
    """Return the coefficient of variation, at most 10; missing with less than four weeks of closings."""
    closings = view.closings
    mean = view.mean_closing
    if len(closings) < _MONTH or mean <= 0:
        return None
    variance: float = sum(map(mul, closings, closings)) / len(closings) - mean * mean
    return min(10.0, sqrt(max(0.0, variance)) / mean)


@feature(
    unit="share",
    meaning="holdings now over the highest closing of three months",
    source=_TREND,
    zh="余额为三个月最高的{value:.0%}",
    en="holdings at {value:.0%} of their three-month high",
)
def balance_of_high(view: View) -> float | None:
    """Return the share; missing without closings."""
    closings = view.closings
    high = max(closings, default=0)
    return max(-1.0, closings[-1] / high) if high > 0 else None


def _mean(values: list[int]) -> float:
    return sum(values) / len(values) if values else 0.0


def _log_ratio(now: float, before: float) -> float | None:
    """Return `log2` of a change, a twentieth of the larger added to each so that an empty account is not infinite."""
    little = max(now, before) / 20
    return log2((max(now, 0.0) + little) / (max(before, 0.0) + little)) if little > 0 else None


FEATURES: tuple[Feature, ...] = (
    balance,
    balance_over_median,
    balance_trend,
    balance_slope,
    balance_volatility,
    balance_of_high,
)
ABSENT: tuple[float | None, ...] = (None,) * len(FEATURES)
