"""Gradient boosting, fitted again on a schedule from the examples retained: trees see what a line cannot.

There are two, of shallow and of deep trees: which is worth more depends on the customers, and the stack finds out from
what they said before anybody knew. The caller says when to fit, and where: `fit` may run in another thread or process,
`adopt` puts the result in force. Nothing here is younger than its label: only examples are retained.

Leavers count no more than stayers: trees part them at any base rate, and weighted ones had an average precision 0.01
lower where 8 % leave.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
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
_DIGITS = 6  # of log-odds
MOST = 50_000
"""Of more, so many are drawn. A customer's weeks are near-duplicates: on the orders of two retailers half of them, or
a quarter, gave the same average precision as all within 0.005, and mostly more."""


class Shape(Struct, frozen=True):
    """How trees are grown: how many, of how many leaves, each of at least `least` examples."""

    trees: int
    leaves: int
    least: int
    l2: float
    features: float  # share of the figures that each split may choose from
    rate: float  # of what each tree would add, so much is taken


SHALLOW = Shape(trees=250, leaves=7, least=40, l2=10.0, features=0.1, rate=0.03)
"""For what is nearly linear, and for the near-duplicates that weekly cut-offs are: little can be learned by heart."""
DEEP = Shape(trees=100, leaves=31, least=40, l2=1.0, features=1.0, rate=0.1)
"""For figures that matter together: the customary shape, as the batch baseline's."""


class Fitted(Struct, frozen=True):
    """What a fit gives: the trees, and how many examples they were fitted to."""

    form: Form
    examples: int


class Booster:
    """Scikit-learn's histogram gradient boosting; before its first fit, the share of leavers so far."""

    def __init__(self, setup: Setup, shape: Shape) -> None:
        self._features = setup.features
        self._shape = shape
        self._seed = setup.seed
        self._seen = [1.0, 1.0]  # stayers and leavers, one of each before any (Laplace)
        self._fitted: Fitted | None = None
        self._model: Forms | None = None

    def score(self, x: Vector) -> float:
        """Return the chance of leaving."""
        if self._fitted is None:
            return sigmoid(self._prior())
        if self._model is None:
            self._model = Forms([self._fitted.form], self._features)
        return sigmoid(self._model.judge([x]).totals[0][0])

    def learn(self, x: Vector, label: int, weight: float = 1.0) -> None:
        """Count one example; the weight does not matter."""
        self._seen[bool(label)] += 1

    def form(self) -> Form:
        """Return the trees of the last fit."""
        return Form("logit", self._prior(), []) if self._fitted is None else self._fitted.form

    @property
    def fitted(self) -> int:
        """How many examples the trees in force were fitted to; 0 before the first fit."""
        return 0 if self._fitted is None else self._fitted.examples

    def fit(self, retained: Retained) -> Fitted | None:
        """Fit anew, which changes nothing of the booster itself; `None` where a class is too rare yet."""
        return fit(retained, self._shape, self._seed)

    def adopt(self, fitted: Fitted) -> None:
        """Score by these trees from now on."""
        self._fitted, self._model = fitted, None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_model": None}

    def _prior(self) -> float:
        return logit(self._seen[1] / sum(self._seen))


def fit(retained: Retained, shape: Shape, seed: int) -> Fitted | None:
    """Return trees fitted to the examples; `None` where a class has fewer than `LEAST_OF_A_CLASS`.

    One thread: sums then come out the same whatever the machine has, and the stream keeps its cores.
    """
    kept, labels = retained.rows(), retained.labels()
    if len(labels) > MOST:
        drawn = np.sort(np.random.default_rng(seed).choice(len(labels), MOST, replace=False))
        kept, labels = kept[drawn], labels[drawn]
    leavers = int(labels.sum())
    if min(leavers, len(labels) - leavers) < LEAST_OF_A_CLASS:
        return None
    rows, edges = ranks(kept, MISSING)
    model = HistGradientBoostingClassifier(
        max_iter=shape.trees,
        learning_rate=shape.rate,
        max_leaf_nodes=shape.leaves,
        min_samples_leaf=shape.least,
        l2_regularization=shape.l2,
        max_features=shape.features,
        early_stopping=False,
        random_state=seed,
    )
    with threadpool_limits(limits=1):
        model.fit(rows, labels)
    return Fitted(shortened(exported(model, edges)), len(labels))


def shortened(form: Form) -> Form:
    """Return a form whose values have so many digits as matter: a snapshot of it takes a third less."""
    return replace(
        form, trees=[replace(tree, value=[round(value, _DIGITS) for value in tree.value]) for tree in form.trees]
    )


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
