"""From an expert's own shares to log-odds: as it was cut, and of chances too."""

from __future__ import annotations

import math

from models.scoring.logit import LIMIT, clipped, logit

_NEAR = 1e-6
"""A step of chances under which the difference of two log-odds would be mostly rounding."""


def log_odds(total: float, chance: bool) -> float:
    """Return the log-odds, cut, of a total that is a chance or log-odds."""
    return logit(total) if chance else clipped(total)


def stretch(base: float, total: float, chance: bool, before: float, after: float) -> float:
    """Return what shares that sum to `total` - `base` are multiplied by, to sum to the step in log-odds, cut.

    `before` and `after` are the log-odds of base and total. A forest's chances add up along its paths, its log-odds do
    not: all its shares are stretched by one factor, the step in log-odds over the step in chances. So are those of
    log-odds that the cut made smaller.
    """
    step, whole = total - base, -LIMIT < before < LIMIT and -LIMIT < after < LIMIT
    if not chance:
        return 1.0 if whole or not step else (after - before) / step
    if whole and abs(step) < _NEAR:
        return (math.log1p(step / base) - math.log1p(-step / (1.0 - base))) / step if step else 1 / (base * (1 - base))
    return (after - before) / step if step else 0.0
