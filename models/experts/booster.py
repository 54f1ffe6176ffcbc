"""Gradient boosting, fitted again on a schedule from the examples retained: trees see what a line cannot.

How deep the trees go is chosen at each fit, by what is newest. The caller says when, and where: `retained()` is taken
in the learner's own thread, `fit` may run in another or in another process, `adopt` puts the result in force. Nothing
here is younger than its label: only examples are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss
from threadpoolctl import threadpool_limits

from models.experts.base import Setup, Vector
from models.experts.cuts import ranks, thresholds
from models.experts.retained import MISSING, PARTS, Retained
from models.scoring.forms import Forms
from models.scoring.logit import logit, sigmoid
from models.snapshot import Forest as Form
from models.snapshot import Tree

LEAST_OF_A_CLASS = 20
"""Fewer leavers, or fewer stayers, are nothing to fit trees to."""
LEAST_TO_CHOOSE_BY = 2_000
"""With fewer examples the shape is the gentle one, unjudged."""
MOST_TO_CHOOSE_BY = 20_000
"""Of more, every second, third ... is looked at: the choice needs fewer than the fit, and would else cost as much."""


class Shape(Struct, frozen=True):
    """How trees are grown: how many, of how many leaves, each of at least `least` examples or that share of all."""

    trees: int
    leaves: int
    least: int
    least_share: float
    l2: float
    features: float  # share of the figures that each split may choose from
    rate: float  # of what each tree would add, so much is taken


GENTLE = Shape(trees=250, leaves=7, least=40, least_share=1 / 200, l2=10.0, features=0.1, rate=0.03)
"""For what is nearly linear, and for the near-duplicates that weekly cut-offs are: little can be learned by heart."""
FINE = Shape(trees=250, leaves=7, least=40, least_share=0.0, l2=10.0, features=0.1, rate=0.03)
"""For leavers so rare that a share of all examples holds all of them: of a town of whom 8 % leave, the average
precision at three dates was 0.52, 0.39 and 0.63 with it, 0.48, 0.36 and 0.60 with the gentle one."""
MIDDLE = Shape(trees=120, leaves=15, least=40, least_share=0.0, l2=5.0, features=0.3, rate=0.06)
"""For some of both."""
DEEP = Shape(trees=250, leaves=15, least=60, least_share=0.0, l2=5.0, features=1.0, rate=0.06)
"""For figures that matter together."""
SHAPES = (GENTLE, FINE, MIDDLE, DEEP)
"""From the simplest to the boldest: of equals the first is taken."""


class Fitted(Struct, frozen=True):
    """What a fit gives: the trees, and how many examples they were fitted to."""

    form: Form
    examples: int


class Booster:
    """Scikit-learn's histogram gradient boosting; before its first fit, the share of leavers (by weight) so far."""

    def __init__(self, setup: Setup) -> None:
        self._features = setup.features
        self._retained = Retained(len(self._features), setup.retained)
        self._seed = setup.seed
        self._seen = [1.0, 1.0]  # weight of stayers and leavers, one of each before any (Laplace)
        self._fitted: Fitted | None = None
        self._model: Forms | None = None

    def score(self, x: Vector) -> float:
        """Return the chance of leaving."""
        if self._fitted is None:
            return sigmoid(self._prior())
        if self._model is None:
            self._model = Forms([self._fitted.form], self._features)
        return sigmoid(self._model.judge(x).totals[0])

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
    labels, weights = retained.labels(), retained.weights()
    if not _both(labels):
        return None
    rows, edges = ranks(retained.rows(), MISSING)
    model = _grown(chosen(rows, labels, weights, seed), rows, labels, weights, seed)
    return Fitted(exported(model, edges), len(labels))


def chosen(rows: NDArray[np.float64], labels: NDArray[np.uint8], weights: NDArray[np.float32], seed: int) -> Shape:
    """Return the shape that does better on the newest fifth, of the ones fitted to the oldest three fifths.

    What lies between is left out: the same customers a week later are near-duplicates, of which the trees that learn
    by heart would make the most.
    """
    every = -(-len(labels) // MOST_TO_CHOOSE_BY)
    rows, labels, weights = rows[::every], labels[::every], weights[::every]
    until, since = len(labels) * 3 // 5, len(labels) * 4 // 5
    if len(labels) < LEAST_TO_CHOOSE_BY or not (_both(labels[:until]) and _both(labels[since:])):
        return GENTLE
    losses = []
    for shape in SHAPES:
        model = _grown(shape, rows[:until], labels[:until], weights[:until], seed)
        said = model.predict_proba(rows[since:])[:, 1]
        losses.append(log_loss(labels[since:], said, sample_weight=weights[since:]))
    return SHAPES[losses.index(min(losses))]


def _grown(shape: Shape, rows: Any, labels: Any, weights: Any, seed: int) -> HistGradientBoostingClassifier:
    model = HistGradientBoostingClassifier(
        max_iter=shape.trees,
        learning_rate=shape.rate,
        max_leaf_nodes=shape.leaves,
        min_samples_leaf=max(shape.least, int(shape.least_share * len(labels))),
        l2_regularization=shape.l2,
        max_features=shape.features,
        early_stopping=False,
        random_state=seed,
    )
    empty = np.isnan(rows).all(axis=0)  # of the oldest, perhaps: scikit-learn takes no figure that nobody has
    if empty.any():
        rows = np.where(empty, 0.0, rows)
    with threadpool_limits(limits=1):
        return model.fit(rows, labels, sample_weight=weights)


def _both(labels: NDArray[np.uint8]) -> bool:
    leavers = int(labels.sum())
    return min(leavers, len(labels) - leavers) >= LEAST_OF_A_CLASS


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
