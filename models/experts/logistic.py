"""Scaled logistic regression: the safe champion, and the one that a person can read."""

from __future__ import annotations

from river import linear_model, optim

from models.experts.averaged import Averaged
from models.experts.base import Setup, Vector
from models.experts.schedule import Settling
from models.experts.standard import CONSTANT, MISSING, StandardScores
from models.scoring.logit import sigmoid
from models.snapshot import Linear, Term


class Logistic:
    """River pipeline: standard scores with missing indicators, then averaged logistic regression by gradient steps."""

    def __init__(self, setup: Setup) -> None:
        self._features = setup.features
        self._scores = StandardScores(limit=6.0)
        self._regression = linear_model.LogisticRegression(
            optimizer=optim.SGD(Settling(start=0.02, half=2_000, floor=0.0004)),
            l2=1e-4,
            intercept_lr=Settling(start=0.05, half=2_000, floor=0.001),
            clip_gradient=20.0,
        )
        self._average = Averaged()

    def score(self, x: Vector) -> float:
        """Return the chance of leaving."""
        row = self._scores.transform_one(dict(enumerate(x)))
        weights = self._average.weights
        return sigmoid(self._average.intercept + sum(weights.get(k, 0.0) * value for k, value in row.items()))

    def learn(self, x: Vector, label: int, weight: float = 1.0) -> None:
        """Take one example: first the moments, then one step of the weights."""
        row = dict(enumerate(x))
        self._scores.learn_one(row)
        self._regression.learn_one(self._scores.transform_one(row), bool(label), w=weight)
        self._average.follow(self._regression)

    def form(self) -> Linear:
        """Return the weights with the moments that they go by; a figure never seen to vary has none."""
        means, variances, weights = self._scores.moments.means, self._scores.moments.vars, self._average.weights
        terms = {}
        for index, name in enumerate(self._features):
            variance = variances.get(index, 0.0)
            weight, missing = weights.get(index, 0.0), weights.get((MISSING, index), 0.0)
            if variance > CONSTANT and weight:
                terms[name] = Term(weight, means[index], variance**0.5, missing, self._scores.limit)
            elif missing:
                terms[name] = Term(missing=missing)
        return Linear(self._average.intercept, terms)
