"""Logistic regression over binned figures: a step function of each, so that what is not monotone can be learned."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import Any

from river import linear_model, optim

from models.experts.averaged import Averaged
from models.experts.base import Setup, Vector
from models.experts.bins import QuantileBins
from models.experts.schedule import Settling
from models.scoring.logit import sigmoid
from models.snapshot import Linear, Term


class Binned:
    """River pipeline: bins by quantiles, then logistic regression by stochastic gradient."""

    def __init__(self, setup: Setup) -> None:
        self._features = setup.features
        self._bins = QuantileBins(bins=8, seed=setup.seed)
        self._regression = linear_model.LogisticRegression(
            optimizer=optim.SGD(Settling(start=0.01, half=2_000, floor=0.0005)),
            l2=1e-4,
            intercept_lr=0.002,
            clip_gradient=20.0,
        )
        self._average = Averaged()

    def score(self, x: Vector) -> float:
        """Return the chance of leaving."""
        weights = self._average.weights
        row = self._bins.transform_one(dict(enumerate(x)))
        return sigmoid(self._average.intercept + sum(weights.get(key, 0.0) for key in row))

    def learn(self, x: Vector, label: int, weight: float = 1.0) -> None:
        """Take one example: first the sample that bins are cut by, then one step of the weights."""
        row = dict(enumerate(x))
        cuts, before = self._bins.cuts, self._bins.edges
        self._bins.learn_one(row)
        if self._bins.cuts != cuts:
            self._carry_over(before)
        self._regression.learn_one(self._bins.transform_one(row), bool(label), w=weight)
        self._average.follow(self._regression)

    def form(self) -> Linear:
        """Return the weights of the bins, each figure's less their mean: what is left is what the figure tells."""
        intercept, terms = self._average.intercept, {}
        weights, missing = self._average.weights, self._bins.MISSING
        for index, name in enumerate(self._features):
            edges = self._bins.edges.get(index, [])
            bins = [weights.get((index, number), 0.0) for number in range(len(edges) + 1)]
            mean = sum(bins) / len(bins)
            intercept += mean
            unknown = weights.get((index, missing), 0.0) - mean
            terms[name] = (
                Term(missing=unknown, edges=edges, bins=[w - mean for w in bins]) if edges else Term(missing=unknown)
            )
        return Linear(intercept, terms)

    def _carry_over(self, before: dict[int, list[float]]) -> None:
        """Give each new bin the mean weight of the bins before that it lies across."""
        self._average.replace(self._carried(before, self._average.weights))
        carried = self._carried(before, self._regression.weights)
        self._regression._weights.clear()
        self._regression._weights.update(carried)

    def _carried(self, before: dict[int, list[float]], old: Mapping[Any, float]) -> dict[Any, float]:
        new = {key: weight for key, weight in old.items() if key[1] == self._bins.MISSING}
        for index, edges in self._bins.edges.items():
            was = before.get(index, [])
            for number in range(len(edges) + 1):
                first = bisect_right(was, edges[number - 1]) if number else 0
                last = bisect_left(was, edges[number]) if number < len(edges) else len(was)
                across = [old.get((index, place), 0.0) for place in range(first, last + 1)]
                new[index, number] = sum(across) / len(across)
        return new
