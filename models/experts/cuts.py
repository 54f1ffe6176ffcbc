"""Figures cut to at most 255 ranks before boosting, as histogram boosting does itself.

Scikit-learn cuts by weighted quantiles where examples have weights, one pass over the data for each cut: for a hundred
figures that takes longer than the boosting. Ranks by unweighted quantiles leave it nothing to do, and the thresholds
are figures that some customer had: short to write, and on the side where they were in training.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MOST = 255
"""As many bins as scikit-learn keeps for known figures."""


def cut(values: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return rising edges for known values; a value's rank is the number of edges below it."""
    ordered = np.sort(values)
    distinct = np.unique(ordered)
    if len(distinct) <= MOST:
        fewer: NDArray[np.int32] = distinct[:-1]
        return fewer
    places = np.ceil(np.arange(1, MOST) / MOST * len(ordered)).astype(int) - 1
    edges: NDArray[np.int32] = np.unique(ordered[places])
    return edges[: np.searchsorted(edges, ordered[-1])]


def ranks(rows: NDArray[np.int32], missing: int) -> tuple[NDArray[np.float64], list[NDArray[np.int32]]]:
    """Return the rows' ranks (NaN where missing; 0 throughout where all are) and each column's edges."""
    found = np.empty(rows.shape, np.float64)
    edges = []
    for column in range(rows.shape[1]):
        values = rows[:, column]
        unknown = values == missing
        edges.append(cut(values[~unknown]))
        found[:, column] = np.searchsorted(edges[-1], values)
        found[unknown, column] = 0.0 if unknown.all() else np.nan
    return found, edges


def thresholds(
    features: NDArray[np.int64], splits: NDArray[np.float64], edges: Sequence[NDArray[np.int32]], parts: int
) -> list[float]:
    """Return the figures that splits between ranks stand for: `rank <= split` is `value <= edges[split]`.

    A split of known from missing is infinite, for which JSON has no word: it becomes the largest number.
    """
    return [
        edges[feature][int(split)].item() / parts if np.isfinite(split) else sys.float_info.max
        for feature, split in zip(features, splits, strict=True)
    ]
