"""The last rows of numbers, in a numpy array of fixed size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Ring:
    """Keeps the last `capacity` rows of `width` numbers; a number that is not known is NaN."""

    def __init__(self, capacity: int, width: int) -> None:
        """Nothing is kept yet; the memory grows with the rows, up to the capacity."""
        self.capacity = capacity
        self.width = width
        self.seen = 0  # rows ever pushed
        self._rows: Floats = np.empty((min(capacity, 256), width))

    def __len__(self) -> int:
        return min(self.seen, self.capacity)

    def push(self, row: Sequence[float]) -> None:
        """Add a row; the oldest goes when there is no room."""
        place = self.seen % self.capacity
        if place >= len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])[: self.capacity]
        self._rows[place] = row
        self.seen += 1

    def rows(self) -> Floats:
        """Return the rows, the oldest first: shape (kept, width). A view or a copy: not to be written to."""
        if self.seen <= self.capacity:
            return self._rows[: self.seen]
        place = self.seen % self.capacity
        return np.concatenate([self._rows[place:], self._rows[:place]]) if place else self._rows
