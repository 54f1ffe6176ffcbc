"""Where the grades lie: from what a miss costs, and from how many customers can be looked after."""

from __future__ import annotations

import numpy as np

from models.prequential.ring import Floats
from models.snapshot import Grades

_SURE = 0.8
_FEW = 100  # scores from which on the budget's quantile says something
_DIGITS = 6
_MOST = 0.999


def grades(scores: Floats, miss_cost: float, budget: float) -> Grades:
    """Return the thresholds for calibrated scores.

    Below `1 / (1 + miss_cost)` a warning costs more than it saves (Elkan 2001); above it, only as many customers are
    graded near-churn as the budget allows.

    Args:
        scores: the champion's over the window.
        miss_cost: a leaver missed, in false alarms.
        budget: the share of customers that may be graded near-churn.
    """
    worth = 1 / (1 + miss_cost)
    room = float(np.quantile(scores, 1 - budget)) if len(scores) >= _FEW else 0.0
    near = round(min(max(worth, room), _MOST), _DIGITS)
    return Grades(near_churn=near, churned=round(max(_SURE, near + (1 - near) / 2), _DIGITS))
