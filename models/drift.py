"""Drift: a loss or a label rate that is no longer what it was, and features that are spread otherwise than before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from river.drift import ADWIN

from models.prequential.ring import Floats

_LOSS_BOUND = 4.0  # nats; ADWIN's bounds are for values in 0..1
_EMPTY = 1e-4
_DECILES = np.linspace(0.1, 0.9, 9)


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


def deciles(rows: Floats, names: Sequence[str]) -> dict[str, list[float]]:
    """Return the nine inner deciles of each feature (NaN = missing); a feature that nobody had is left out."""
    found = {}
    for column, name in enumerate(names):
        known = rows[:, column]
        known = known[~np.isnan(known)]
        if len(known):
            found[name] = [round(float(value), 4) for value in np.quantile(known, _DECILES)]
    return found


def stability(rows: Floats, names: Sequence[str], before: Floats) -> dict[str, float]:
    """Return each feature's population stability index between two samples, missing as a bin of its own.

    Bins are the deciles of the sample before; under 0.1 is stable, above 0.25 has shifted (Siddiqi 2006). Small
    samples alone give about (bins - 1) (1/n + 1/m).
    """
    return {name: _index(before[:, column], rows[:, column]) for column, name in enumerate(names)}


def shifted(indices: Mapping[str, float], limit: float = 0.25) -> list[str]:
    """Return the features that have shifted, the most shifted first."""
    return sorted((name for name, value in indices.items() if value > limit), key=lambda name: -indices[name])


def _index(before: Floats, now: Floats) -> float:
    known = before[~np.isnan(before)]
    edges = np.unique(np.quantile(known, _DECILES)) if len(known) else np.empty(0)
    was, has = _shares(before, edges), _shares(now, edges)
    return round(float(np.sum((has - was) * np.log(has / was))), 4)


def _shares(column: Floats, edges: Floats) -> Floats:
    missing = np.isnan(column)
    # An edge belongs to the bin below it, so that a value which many share is not cut in two.
    places = np.searchsorted(edges, column[~missing], side="left")
    counts = np.bincount(places, minlength=len(edges) + 1)
    return np.maximum(np.append(counts, missing.sum()) / max(1, len(column)), _EMPTY)
