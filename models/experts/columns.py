"""What histogram boosting cannot take: a figure that nobody has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def without_empty(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rows (n, figures), NaN = missing, zeros where a figure is missing in all: no split there."""
    empty = np.isnan(rows).all(axis=0)
    if not empty.any():
        return rows
    found = rows.copy()
    found[:, empty] = 0.0
    return found
