"""Figures cut into bins of about equal numbers, the cuts learned online."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import Any

from river import base


class QuantileBins(base.Transformer):
    """River transformer: each figure becomes the indicator of its bin, `(name, bin)` = 1.

    The edges come from a uniform sample of the rows so far (reservoir sampling, Vitter 1985). They are cut after
    `first` rows and again each time there are four times as many; in between they stand still, so that a weight
    learned for a bin keeps its meaning. A missing figure (`None` or NaN) has a bin of its own, `MISSING`, and before
    the first cut there is one bin for all else.

    Parameters
    ----------
    bins
        At most so many for a figure.
    first
        Rows before the first cut.
    sample
        Rows kept to cut by.
    seed
        Of the sampling.

    """

    MISSING = -1

    def __init__(self, bins: int = 10, first: int = 400, sample: int = 2000, seed: int | None = 7) -> None:
        self.bins = bins
        self.first = first
        self.sample = sample
        self.seed = seed
        self.edges: dict[Any, list[float]] = {}
        self.cuts = 0
        self._rows: list[dict[Any, Any]] = []
        self._seen = 0
        self._rng = random.Random(seed)

    def learn_one(self, x: dict[Any, Any]) -> None:
        """Take a row into the sample, and cut when it is time."""
        self._seen += 1
        if len(self._rows) < self.sample:
            self._rows.append(dict(x))
        elif (place := self._rng.randrange(self._seen)) < self.sample:
            self._rows[place] = dict(x)
        if self._seen == self.first * 4**self.cuts:
            self.cuts += 1
            names = dict.fromkeys(name for row in self._rows for name in row)
            self.edges = {
                name: edges([row[name] for row in self._rows if known(row.get(name))], self.bins) for name in names
            }

    def transform_one(self, x: dict[Any, Any]) -> dict[tuple[Any, int], float]:
        """Return the indicators of the bins that the row's figures are in."""
        edges = self.edges
        return {
            (name, bisect_right(edges.get(name, ()), value) if known(value) else self.MISSING): 1.0
            for name, value in x.items()
        }


def known(value: Any) -> bool:
    """Tell whether a figure is there."""
    return value is not None and value == value


def edges(values: Iterable[float], bins: int) -> list[float]:
    """Return at most `bins - 1` rising edges that part the values into bins of about equal numbers.

    Equal values stay together, and one that makes up a bin's worth has a bin to itself, as zero often does. Bin i is
    edges[i-1] <= x < edges[i].
    """
    counts = sorted(Counter(values).items())
    worth = sum(count for _, count in counts) / bins
    found: list[float] = []
    here = 0
    for value, count in counts:
        if here and (here + count / 2 >= worth or count >= worth) and len(found) < bins - 1:
            found.append(value)
            here = 0
        here += count
    return found
