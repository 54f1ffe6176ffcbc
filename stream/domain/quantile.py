"""One quantile of a stream in five numbers (Jain and Chlamtac 1985, the P2 algorithm)."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from itertools import pairwise

MARKERS = 5


class Quantile:
    """An estimate of the `share` quantile of the values seen, in five markers whatever their number.

    The same values in the same order give the same markers. Up to five values are kept as they are, and the answer
    is exact; from then on each marker is moved along a parabola through its neighbours. Unlike the paper, which reads
    the middle marker, `value` interpolates between the markers at the rank asked for: the same once the markers have
    settled, and far better before (after five values the middle marker is their median whatever the share).
    """

    __slots__ = ("_heights", "_ranks", "_wanted", "count", "share")

    def __init__(self, share: float) -> None:
        """`share`: between 0 and 1, such as 0.8 for the line above which the top fifth lies.

        Raises:
            ValueError: it is not between 0 and 1.
        """
        if not 0 < share < 1:
            raise ValueError(f"share must lie between 0 and 1 (given: {share!r})")
        self.share = share
        self.count = 0
        self._heights: list[float] = []  # sorted
        self._ranks = [1, 2, 3, 4, 5]  # of each marker among the values seen, from 1
        self._wanted = (0.0, share / 2, share, (1 + share) / 2, 1.0)

    def add(self, value: int) -> None:
        """Take one value."""
        self.count += 1
        heights = self._heights
        if self.count <= MARKERS:
            insort(heights, float(value))
            return
        ranks = self._ranks
        if value < heights[0]:
            heights[0] = float(value)
            cell = 0
        elif value >= heights[4]:
            heights[4] = float(value)
            cell = 3
        else:
            cell = 0
            while value >= heights[cell + 1]:
                cell += 1
        for index in range(cell + 1, MARKERS):
            ranks[index] += 1
        for index in (1, 2, 3):
            off = 1 + (self.count - 1) * self._wanted[index] - ranks[index]
            if off >= 1 and ranks[index + 1] - ranks[index] > 1:
                self._move(index, 1)
            elif off <= -1 and ranks[index - 1] - ranks[index] < -1:
                self._move(index, -1)

    def _move(self, index: int, by: int) -> None:
        """Move a marker by one rank: along the parabola, or the line where that would leave the neighbours' range."""
        heights, ranks = self._heights, self._ranks
        low, here, high = heights[index - 1 : index + 2]
        before, rank, after = ranks[index - 1 : index + 2]
        rising, falling = (high - here) / (after - rank), (here - low) / (rank - before)
        moved = here + by / (after - before) * ((rank - before + by) * rising + (after - rank - by) * falling)
        if not low < moved < high:
            moved = here + (rising if by > 0 else -falling)
        heights[index] = min(max(moved, low), high)  # rounding must not put the markers out of order
        ranks[index] += by

    def value(self) -> int | None:
        """Return the estimate, `None` before the first value."""
        if not self.count:
            return None
        heights, ranks = self._heights, self._ranks
        wanted = 1 + (self.count - 1) * self.share
        upper = 1
        last = len(heights) - 1
        while upper < last and ranks[upper] < wanted:
            upper += 1
        if last == 0:
            return round(heights[0])
        low, high = heights[upper - 1], heights[upper]
        part = (wanted - ranks[upper - 1]) / (ranks[upper] - ranks[upper - 1])
        return round(low + (high - low) * part)

    def copy(self) -> Quantile:
        """Return another that goes on from here by itself."""
        return Quantile.load(self.dump())

    def dump(self) -> list[float]:
        """Return everything as plain numbers: share, count, heights, ranks."""
        return [self.share, self.count, *self._heights, *self._ranks]

    @classmethod
    def load(cls, dumped: Sequence[float]) -> Quantile:
        """Return the quantile that `dump` described; it goes on as if it had never been away.

        Raises:
            ValueError: that is no dump of a quantile.
        """
        if len(dumped) < 2:
            raise ValueError("a dumped quantile has its share and its count, at least")
        loaded = cls(float(dumped[0]))
        loaded.count = int(dumped[1])
        held = min(loaded.count, MARKERS)
        heights, ranks = [float(n) for n in dumped[2 : 2 + held]], [int(n) for n in dumped[2 + held :]]
        if held < 0 or len(heights) != held or len(ranks) != MARKERS or heights != sorted(heights):
            raise ValueError("not a dumped quantile: share, count, sorted heights and five ranks")
        if any(low >= high for low, high in pairwise(ranks)):
            raise ValueError("not a dumped quantile: its ranks do not rise")
        loaded._heights, loaded._ranks = heights, ranks
        return loaded
