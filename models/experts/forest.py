"""Adaptive random forest: online bagging of Hoeffding trees, each replaced when its error drifts."""

from __future__ import annotations

import math

from river import forest

from models.experts.base import Setup, Vector
from models.experts.hoeffding import Means, chance, published
from models.snapshot import Forest as Form

BAGGING = 6.0
"""Mean of the Poisson draw that says how often a tree sees an example (Gomes et al. 2017)."""


class Forest:
    """River's ARF with leaves that count classes, so that it can be published, and bounded in depth.

    River's ARF takes no sample weights: the weight scales the mean of the bagging's Poisson draw instead, which is what
    a weight means to online bagging (Oza 2005).
    """

    def __init__(self, setup: Setup) -> None:
        width = len(setup.features)
        self._means = Means(width)
        self._forest = forest.ARFClassifier(
            n_models=10,
            max_features=max(2, round(math.sqrt(width))),
            lambda_value=BAGGING,
            grace_period=300,
            max_depth=8,
            leaf_prediction="mc",
            seed=setup.seed,
        )
        self._forest._init_ensemble(list(range(width)))  # else the first row's figures would be all it asks about

    def score(self, x: Vector) -> float:
        """Return the trees' chances, averaged by their weights."""
        weights = self._weights()
        whole = sum(weights)
        return sum(
            w / whole * chance(tree._root, x, self._means) for tree, w in zip(self._forest, weights, strict=True)
        )

    def learn(self, x: Vector, label: int, weight: float = 1.0) -> None:
        """Take one example."""
        self._forest.lambda_value = BAGGING * weight
        self._means.learn(x)
        self._forest.learn_one(self._means.filled(x), bool(label))

    def form(self) -> Form:
        """Return the trees as they are now."""
        return Form("probability", 0.5, [published(tree._root, self._means) for tree in self._forest], self._weights())

    def _weights(self) -> list[float]:
        """Return each tree's say: how often it was right, as river has it; one never right has a full one."""
        return [metric.get() or 1.0 for metric in self._forest._metrics]
