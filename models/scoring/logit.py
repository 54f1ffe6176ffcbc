"""Chances and log-odds, as the learner and the shards both count them."""

from __future__ import annotations

import math

LIMIT = 10.0
"""An expert's log-odds are cut at ±10 (a chance of 0.99995): no single expert is surer than examples can prove."""


def sigmoid(logit: float) -> float:
    """Return the chance for log-odds, 1 / (1 + e^-logit), without overflow."""
    if logit >= 0:
        return 1.0 / (1.0 + math.exp(-logit))
    grown = math.exp(logit)
    return grown / (1.0 + grown)


def logit(chance: float) -> float:
    """Return the log-odds of a chance in 0..1, cut at ±`LIMIT`."""
    if chance <= 0.0:
        return -LIMIT
    if chance >= 1.0:
        return LIMIT
    return clipped(math.log(chance) - math.log1p(-chance))


def clipped(log_odds: float) -> float:
    """Return log-odds cut at ±`LIMIT`."""
    return LIMIT if log_odds > LIMIT else -LIMIT if log_odds < -LIMIT else log_odds
