"""Standard scores of what is known, and an indicator of its own for each figure that is missing."""

from __future__ import annotations

from typing import Any

from river import base, preprocessing

MISSING = "missing"
CONSTANT = 1e-12
"""A variance under this is that of a figure that does not vary: vectors are exact to 1e-4."""
SETTLED = 50
"""Figures seen before a spread is worth something."""


class StandardScores(base.Transformer):
    """River transformer: x becomes (x - mean) / deviation, cut at ±`limit`; a missing x becomes an indicator.

    `None` is missing; so is NaN. A missing figure leaves the running moments alone, and gives the input
    `("missing", name)` = 1 in place of its own: a zero would say "as the average", which it is not.

    Parameters
    ----------
    limit
        In standard deviations: one wild figure must not throw the weights of an online model.

    """

    def __init__(self, limit: float = 6.0) -> None:
        self.limit = limit
        self.moments = preprocessing.StandardScaler()

    def learn_one(self, x: dict[Any, Any]) -> None:
        """Take one row into the running means and variances."""
        self.moments.learn_one({name: self._tamed(name, v) for name, v in x.items() if v is not None and v == v})

    def _tamed(self, name: Any, value: float) -> float:
        """Return a figure drawn in to twice the limit once there is a spread to go by.

        One wild figure would else stretch the deviation until all others looked alike; many of them still get there.
        """
        if self.moments.counts[name] < SETTLED:
            return value
        mean, reach = self.moments.means[name], 2 * self.limit * self.moments.vars[name] ** 0.5
        return min(max(value, mean - reach), mean + reach) if reach else value

    def transform_one(self, x: dict[Any, Any]) -> dict[Any, float]:
        """Return the row's standard scores and indicators."""
        limit, means, variances = self.limit, self.moments.means, self.moments.vars
        row: dict[Any, float] = {}
        for name, value in x.items():
            if value is None or value != value:
                row[MISSING, name] = 1.0
            elif (variance := variances.get(name, 0.0)) > CONSTANT:
                score = (value - means[name]) / variance**0.5
                row[name] = limit if score > limit else -limit if score < -limit else score
        return row
