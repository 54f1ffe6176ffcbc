"""MBG/NBD in closed form: is a customer with this history still there, and will they act in the coming quarter?

Purchases are Poisson with gamma-distributed rates, and after each act the customer leaves with a beta-distributed
chance. Fader, Hardie and Lee 2005, "Counting your customers the easy way: an alternative to the Pareto/NBD model";
Batislam, Denizel and Filiztekin 2007, "Empirical validation and comparison of models for customer base analysis", let
the first act too be the last. The parameters are two fixed clienteles; the learner behind rescales what comes of them.
"""

from __future__ import annotations

from math import exp, log

from msgspec import Struct

_HORIZON = 90.0
_MOST = 12.0  # of a logit


class Clientele(Struct, frozen=True):
    """How a population's rates (gamma: shape, scale in days) and chances of leaving (beta: gone, stayed) spread."""

    shape: float
    scale: float
    gone: float
    stayed: float


CDNOW = Clientele(0.25, 31.0, 0.8, 2.4)
"""As fitted to the customers of a record shop by Fader, Hardie and Lee (weeks turned into days)."""

STEADY = Clientele(0.6, 60.0, 0.2, 3.0)
"""Customers who come more alike and leave less readily: trade rather than shoppers."""


def mbg_nbd(clientele: Clientele, repeats: int, last: float, age: float) -> tuple[float, float]:
    """Return log odds of being there and of a silent quarter, each within +-12.

    Args:
        clientele: the parameters.
        repeats: acts after the first one, at most one a day.
        last: days from the first act to the last.
        age: days from the first act to now, at least `last`.
    """
    now, rate = clientele.scale + age, clientele.shape + repeats
    odds = log((clientele.stayed + repeats) / clientele.gone) - rate * log(now / (clientele.scale + last))
    odds = max(-_MOST, min(_MOST, odds))
    speaks = (1 - (now / (now + _HORIZON)) ** rate) / (1 + exp(-odds))
    return odds, max(-_MOST, min(_MOST, log((1 - speaks) / speaks)))
