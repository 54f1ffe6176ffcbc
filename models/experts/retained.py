"""Examples kept to fit again and again, the oldest giving way; four bytes a figure, exact to the fourth decimal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.experts.base import Vector

PARTS = 10_000
MISSING = int(np.iinfo(np.int32).min)
_MOST = int(np.iinfo(np.int32).max)


class Retained:
    """A ring of the newest `most` examples of `width` figures each.

    Figures are whole ten-thousandths, as vectors have them: the doubles that come out are those that went in, so that
    a threshold learned from them parts customers the same way when they are scored.
    """

    def __init__(self, width: int, most: int) -> None:
        self.most = most
        self._taken = 0
        self._rows = np.empty((0, width), np.int32)
        self._labels = np.empty(0, np.uint8)

    def __len__(self) -> int:
        return min(self._taken, self.most)

    def keep(self, x: Vector, label: int) -> None:
        """Take an example in."""
        if self._taken == len(self._rows) < self.most:
            self._grow()
        place = self._taken % self.most
        self._rows[place] = [MISSING if v is None or v != v else max(-_MOST, min(_MOST, round(v * PARTS))) for v in x]
        self._labels[place] = label
        self._taken += 1

    def copy(self) -> Retained:
        """Return what is kept now, to be fitted while more comes in; the oldest first."""
        other = Retained(self._rows.shape[1], self.most)
        count, start = len(self), self._taken % self.most if self._taken > self.most else 0
        order = (np.arange(count) + start) % max(count, 1)
        other._rows, other._labels = self._rows[order], self._labels[order]
        other._taken = count
        return other

    def rows(self) -> NDArray[np.int32]:
        """Return the rows in ten-thousandths, `MISSING` where missing."""
        return self._rows[: len(self)]

    def figures(self) -> NDArray[np.float64]:
        """Return the rows, NaN where missing."""
        rows = self.rows()
        figures: NDArray[np.float64] = rows / PARTS
        figures[rows == MISSING] = np.nan
        return figures

    def labels(self) -> NDArray[np.uint8]:
        """Return the labels, 0 or 1, in the order of the rows."""
        return self._labels[: len(self)]

    def _grow(self) -> None:
        """Double the room, up to the most."""
        room = min(max(1_024, 2 * len(self._rows)), self.most)
        more = room - len(self._rows)
        self._rows = np.concatenate([self._rows, np.empty((more, self._rows.shape[1]), np.int32)])
        self._labels = np.concatenate([self._labels, np.empty(more, np.uint8)])
