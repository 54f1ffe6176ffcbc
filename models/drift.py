"""Drift of a loss or a label rate: the mean is no longer what it was."""

from __future__ import annotations

import numpy as np
from river.drift import ADWIN

_LOSS_BOUND = 4.0  # nats; ADWIN's bounds are for values in 0..1


class Watch:
    """ADWIN (Bifet and Gavalda 2007) on one series of numbers in 0..1."""

    def __init__(self, delta: float = 0.002) -> None:
        """`delta`: the chance of an alarm when nothing changed."""
        self._adwin = ADWIN(delta=delta)
        self.alarms = 0

    def take(self, value: float) -> float | None:
        """Take one value; when the mean has changed return by how much, rising positive."""
        before = float(self._adwin.estimation)
        self._adwin.update(value)
        if not self._adwin.drift_detected:
            return None
        self.alarms += 1
        return float(self._adwin.estimation) - before

    @property
    def mean(self) -> float:
        """The mean over what ADWIN still takes for one regime."""
        return float(self._adwin.estimation)


def bounded_loss(label: int, score: float) -> float:
    """Return the log loss of one probability, cut at 4 nats and brought into 0..1."""
    said = score if label else 1 - score
    return float(min(-np.log(max(said, 1e-12)), _LOSS_BOUND)) / _LOSS_BOUND
