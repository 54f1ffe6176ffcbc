"""How much a leaver counts in learning, against one who stayed."""

from __future__ import annotations

from msgspec import Struct

_AT_LEAST, _AT_MOST = 1.0, 20.0
_WARM = 50.0  # examples that the prior counts as
_PRIOR = 0.2


class Balance(Struct):
    """Counts both classes and weighs the rarer so that both pull alike, but never beyond what a miss costs.

    Under `balanced` weights (King and Zeng 2001) a base rate of 1 % would make a leaver count 99 times: a single odd
    one then moves everything. Recall first is for the threshold, which the calibrated score is cut at; here the bound
    is the cost of a miss.
    """

    miss_cost: float
    stayed: float = 0.0
    churned: float = 0.0

    def take(self, label: int) -> None:
        """Count one example."""
        if label:
            self.churned += 1
        else:
            self.stayed += 1

    @property
    def rate(self) -> float:
        """The share of leavers so far, drawn to the prior at first."""
        return (self.churned + _WARM * _PRIOR) / (self.churned + self.stayed + _WARM)

    def weight(self, label: int) -> float:
        """Return the weight of an example."""
        if not label:
            return 1.0
        most = min(max(self.miss_cost, _AT_LEAST), _AT_MOST)
        return min(max((1 - self.rate) / self.rate, _AT_LEAST), most)
