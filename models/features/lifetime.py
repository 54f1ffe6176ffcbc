"""MBG/NBD in closed form: is a customer with this history still there, and will they act in the coming quarter?

Purchases are Poisson with gamma-distributed rates, and after each act the customer leaves with a beta-distributed
chance. Fader, Hardie and Lee 2005, "Counting your customers the easy way: an alternative to the Pareto/NBD model";
Batislam, Denizel and Filiztekin 2007, "Empirical validation and comparison of models for customer base analysis", let
the first act too be the last. Parameters as those fitted to CDNOW, in days; the learner behind rescales what comes of
them.
"""

from __future__ import annotations

from math import exp, log

_RATE_SHAPE, _RATE_SCALE = 0.25, 31.0  # r, and alpha in days
_GONE, _STAYED = 0.8, 2.4  # a, b
_HORIZON = 90.0
_MOST = 12.0  # of a logit


def mbg_nbd(repeats: int, last: float, age: float) -> tuple[float, float]:
    """Return log odds of being there and of a silent quarter, each within +-12.

    Args:
        repeats: acts after the first one, at most one a day.
        last: days from the first act to the last.
        age: days from the first act to now, at least `last`.
    """
    now = _RATE_SCALE + age
    odds = log((_STAYED + repeats) / _GONE) - (_RATE_SHAPE + repeats) * log(now / (_RATE_SCALE + last))
    odds = max(-_MOST, min(_MOST, odds))
    speaks = (1 - (now / (now + _HORIZON)) ** (_RATE_SHAPE + repeats)) / (1 + exp(-odds))
    return odds, max(-_MOST, min(_MOST, log((1 - speaks) / speaks)))
