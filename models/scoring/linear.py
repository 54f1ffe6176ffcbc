"""A linear model, laid out for speed: one pass over its terms."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence

from models.scoring.logit import sigmoid
from models.snapshot import Linear


class LinearModel:
    """Evaluates `Linear`: the logit is `base` plus each term's share."""

    def __init__(self, form: Linear, features: Sequence[str]) -> None:
        place = {name: index for index, name in enumerate(features)}
        self.base = form.intercept
        self._width = len(features)
        self._plain: list[tuple[int, float, float, float, float, float]] = []
        self._binned: list[tuple[int, list[float], list[float], float]] = []
        for name, term in form.terms.items():
            if term.edges:
                self._binned.append((place[name], term.edges, term.bins, term.missing))
            else:
                reach = term.limit * term.scale or math.inf
                self._plain.append(
                    (
                        place[name],
                        term.mean,
                        term.weight / term.scale,
                        term.mean - reach,
                        term.mean + reach,
                        term.missing,
                    )
                )

    def logit(self, x: Sequence[float | None]) -> float:
        """Return the log-odds."""
        total = self.base
        for index, mean, slope, low, high, missing in self._plain:
            value = x[index]
            if value is None:
                total += missing
            elif value < low:
                total += (low - mean) * slope
            elif value > high:
                total += (high - mean) * slope
            else:
                total += (value - mean) * slope
        for index, edges, bins, missing in self._binned:
            value = x[index]
            total += missing if value is None else bins[bisect_right(edges, value)]
        return total

    def chance(self, x: Sequence[float | None]) -> float:
        """Return the probability."""
        return sigmoid(self.logit(x))

    def shares(self, x: Sequence[float | None]) -> list[float]:
        """Return what each feature adds to the log-odds."""
        shares = [0.0] * self._width
        for index, mean, slope, low, high, missing in self._plain:
            value = x[index]
            if value is None:
                shares[index] = missing
            else:
                shares[index] = ((low if value < low else high if value > high else value) - mean) * slope
        for index, edges, bins, missing in self._binned:
            value = x[index]
            shares[index] = missing if value is None else bins[bisect_right(edges, value)]
        return shares
