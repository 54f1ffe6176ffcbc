"""Step sizes of the online experts."""

from __future__ import annotations

from river import optim


class Settling(optim.base.Scheduler):
    """`start / (1 + t / half)`, never below `floor`: quick at first, calm later, and never deaf to a change.

    Robbins and Monro (1951) want steps that shrink; a stream that drifts wants them never to vanish.
    """

    def __init__(self, start: float, half: float, floor: float) -> None:
        self.start = start
        self.half = half
        self.floor = floor

    def get(self, t: int) -> float:
        """Return the step size after `t` examples."""
        return max(self.start / (1.0 + t / self.half), self.floor)
