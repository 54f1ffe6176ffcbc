"""What arrays hold, and what several modules do with them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def sums(places: Ints, weights: Floats, count: int) -> Floats:
    """Return, for each place from 0 to `count`, the sum of the weights that belong there."""
    found: Floats = np.bincount(places, weights, minlength=count).view(np.float64)
    return found


def sums_by_row(places: Ints, weights: Floats, count: int) -> Floats:
    """Return the same of each row of weights (rows, count); `places`: one for all rows, or of each."""
    rows = len(weights)
    if rows > 1:  # each row counts in a span of its own, one addition after the other as if it were alone
        places = places + count * np.arange(rows)[:, None]
    return sums(places.reshape(-1), weights.reshape(-1), rows * count).reshape(rows, count)


def ramp(sizes: Ints) -> Ints:
    """Return 0, 1, 2 ... up to each size, one after the other."""
    found: Ints = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return found
