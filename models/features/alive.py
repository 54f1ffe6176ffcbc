"""The chance that the customer is still there, in closed form from frequency, recency and age.

MBG/NBD: purchases are Poisson with gamma-distributed rates, and after each act the customer leaves with a
beta-distributed chance. Fader, Hardie and Lee 2005, "Counting your customers the easy way: an alternative to the
Pareto/NBD model"; Batislam, Denizel and Filiztekin 2007 let the first act too be the last. Fixed parameters of theirs
(CDNOW, in days), because the learner behind rescales whatever comes of them.
"""

from __future__ import annotations

from math import exp, log

from models.features.base import Feature, feature
from models.features.view import View
from stream.domain.business import DAY_MS

_BGNBD = "Fader, Hardie and Lee 2005; Batislam, Denizel and Filiztekin 2007"
_RATE_SHAPE, _RATE_SCALE = 0.25, 31.0  # r, and alpha in days
_GONE, _STAYED = 0.8, 2.4  # a, b
_HORIZON = 90.0
_MOST = 12.0  # of a logit


def _repeats(view: View) -> tuple[int, float, float] | None:
    """Return repeat acts by day, the age of the last one and the age now, days since the first of those kept."""
    days = view.state.active_days
    if not days or view.recency is None:
        return None
    age = max(1.0, (view.time - view.business.day_start(days[0])) / DAY_MS)
    last = max(0.0, age - view.recency)
    return len(days) - 1, min(last, age), age


@feature(
    unit="log odds",
    meaning="of still being a customer, MBG/NBD",
    source=_BGNBD,
    zh="仍在活动的对数几率{value:+.1f}",
    en="log odds of still being active {value:+.1f}",
)
def alive(view: View) -> float | None:
    """Return log odds of being alive, within +-12; missing without an act."""
    seen = _repeats(view)
    if seen is None:
        return None
    repeats, last, age = seen
    odds = log((_STAYED + repeats) / _GONE) - (_RATE_SHAPE + repeats) * log((_RATE_SCALE + age) / (_RATE_SCALE + last))
    return max(-_MOST, min(_MOST, odds))


@feature(
    unit="log odds",
    meaning="of no act in the coming 90 days: gone already, or alive and by chance silent",
    source=_BGNBD,
    zh="未来90天无交易的对数几率{value:+.1f}",
    en="log odds of no act in 90 days {value:+.1f}",
)
def silent_ahead(view: View) -> float | None:
    """Return log odds of a silent quarter; missing without an act."""
    seen = _repeats(view)
    if seen is None:
        return None
    repeats, last, age = seen
    odds = log((_STAYED + repeats) / _GONE) - (_RATE_SHAPE + repeats) * log((_RATE_SCALE + age) / (_RATE_SCALE + last))
    there = 1 / (1 + exp(max(-_MOST, min(_MOST, -odds))))
    base = _RATE_SCALE + age
    speaks = there * (1 - exp(-(_RATE_SHAPE + repeats) * log((base + _HORIZON) / base)))
    speaks = min(1 - 1e-6, max(1e-6, speaks))
    return log((1 - speaks) / speaks)


FEATURES: tuple[Feature, ...] = (alive, silent_ahead)
