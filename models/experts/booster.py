"""Gradient boosting, fitted again on a schedule from the examples retained: trees see what a line cannot.

The caller says when, and where: `retained()` is taken in the learner's own thread, `fit` may run in another or in
another process, `adopt` puts the result in force. Nothing here is younger than its label: only examples are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from models.experts.base import Setup, Vector
from models.experts.cuts import ranks, thresholds
from models.experts.retained import MISSING, PARTS, Retained
from models.scoring.forest import ForestModel, doubled
from models.scoring.logit import logit, sigmoid
from models.snapshot import Forest as Form
from models.snapshot import Tree

LEAST_OF_A_CLASS = 20
"""Fewer leavers, or fewer stayers, are nothing to fit trees to."""


class Fitted(Struct, frozen=True):
    """What a fit gives: the trees, and how many examples they were fitted to."""

    form: Form
    examples: int


class Booster:
    """Scikit-learn's histogram gradient boosting; before its first fit, the share of leavers (by weight) so far."""

    def __init__(self, setup: Setup) -> None:
        self._width = len(setup.features)
        self._retained = Retained(self._width, setup.retained)
        self._seed = setup.seed
        self._seen = [1.0, 1.0]  # weight of stayers and leavers, one of each before any (Laplace)
        self._fitted: Fitted | None = None
        self._model: ForestModel | None = None

    def score(self, x: Vector) -> float:
        """Return the chance of leaving."""
        if self._fitted is None:
            return sigmoid(self._prior())
        if self._model is None:
            self._model = ForestModel(self._fitted.form, self._width)
        return sigmoid(self._model.total(doubled(x)))

    def learn(self, x: Vector, label: int, weight: float = 1.0) -> None:
        """Keep one example for the fits to come."""
        self._retained.keep(x, label, weight)
        self._seen[bool(label)] += weight

    def form(self) -> Form:
        """Return the trees of the last fit."""
        return Form("logit", self._prior(), []) if self._fitted is None else self._fitted.form

    @property
    def fitted(self) -> int:
        """How many examples the trees in force were fitted to; 0 before the first fit."""
        return 0 if self._fitted is None else self._fitted.examples

    def retained(self) -> Retained:
        """Return a copy of what is kept now."""
        return self._retained.copy()

    def fit(self, retained: Retained) -> Fitted | None:
        """Fit anew, which changes nothing of the booster itself; `None` where a class is too rare yet."""
        return fit(retained, self._seed)

    def adopt(self, fitted: Fitted) -> None:
        """Score by these trees from now on."""
        self._fitted, self._model = fitted, None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_model": None}

    def _prior(self) -> float:
        return logit(self._seen[1] / sum(self._seen))


def fit(retained: Retained, seed: int) -> Fitted | None:
    """Return trees fitted to the examples; `None` where a class has fewer than `LEAST_OF_A_CLASS`.

    One thread: sums then come out the same whatever the machine has, and the stream keeps its cores.
    """
    labels = retained.labels()
    if min(int(labels.sum()), len(labels) - int(labels.sum())) < LEAST_OF_A_CLASS:
        return None
    model = HistGradientBoostingClassifier(
        max_iter=150,
        learning_rate=0.05,
        max_leaf_nodes=15,
        min_samples_leaf=40,
        l2_regularization=1.0,
        max_features=0.5,
        early_stopping=False,
        random_state=seed,
    )
    rows, edges = ranks(retained.rows(), MISSING)
    with threadpool_limits(limits=1):
        model.fit(rows, labels, sample_weight=retained.weights())
    return Fitted(exported(model, edges), len(labels))


def exported(model: HistGradientBoostingClassifier, edges: Sequence[NDArray[np.int32]]) -> Form:
    """Return the trees of a booster fitted to ranks as data on figures; `edges` are what the ranks count."""
    trees = [_tree(predictors[0].nodes, edges) for predictors in model._predictors]
    return Form("logit", float(model._baseline_prediction.item()), trees)


def _tree(nodes: Any, edges: Sequence[NDArray[np.int32]]) -> Tree:
    """Return columns of scikit-learn's nodes, which stand in the order needed: the root first, children after.

    Branches have a value of their own there, but not one that the learning rate has shrunk: here it is the mean of
    their leaves by the number of examples, which is what is expected before the split.
    """
    leaf = nodes["is_leaf"].astype(bool)
    left, right = nodes["left"].astype(int), nodes["right"].astype(int)
    value, count = nodes["value"].astype(float), nodes["count"].astype(float)
    for i in np.flatnonzero(~leaf)[::-1]:
        ours, others = count[left[i]], count[right[i]]
        value[i] = (value[left[i]] * ours + value[right[i]] * others) / (ours + others)
    threshold = np.zeros(len(nodes))
    threshold[~leaf] = thresholds(nodes["feature_idx"][~leaf], nodes["num_threshold"][~leaf], edges, PARTS)
    return Tree(
        feature=np.where(leaf, -1, nodes["feature_idx"]).tolist(),
        threshold=threshold.tolist(),
        left=np.where(leaf, 0, left).tolist(),
        right=np.where(leaf, 0, right).tolist(),
        missing_left=(nodes["missing_go_to_left"].astype(bool) & ~leaf).tolist(),
        value=value.tolist(),
    )
