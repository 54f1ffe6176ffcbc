"""A snapshot made ready to score: tens of microseconds a customer, without the libraries that learned it."""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from models.scoring.arrays import Floats
from models.scoring.contributions import log_odds, stretch
from models.scoring.forms import Forms, Passed, Vector, Vectors
from models.scoring.logit import sigmoid
from models.snapshot import STACK, Linear, Snapshot


class Judgement:
    """What a scorer says of one vector.

    `scores` are every expert's own, uncalibrated as the trainer's, and the stack's where there is one; `score` is the
    champion's calibrated chance of leaving.
    """

    __slots__ = ("_place", "_session", "score", "scores")

    def __init__(self, scores: dict[str, float], score: float, session: _Session, place: int) -> None:
        self.scores, self.score = scores, score
        self._session, self._place = session, place

    def contributions(self) -> Floats:
        """Return what each feature adds to the champion's log-odds: they sum to logit(score) - `Scorer.base`."""
        found: Floats = self._session.contributions()[self._place]
        return found


class Scorer:
    """Evaluates a snapshot on vectors in the order of its features, `None` = missing.

    `champion` overrides the snapshot's own (an operator promoted another); raise `KeyError` where there is none such.
    """

    def __init__(self, snapshot: Snapshot, champion: str | None = None) -> None:
        self.snapshot = snapshot
        self.champion = champion or snapshot.champion
        experts = snapshot.experts
        self._names = sorted(experts, key=lambda name: not isinstance(experts[name].model, Linear))  # as in `Forms`
        self._forms = Forms([experts[name].model for name in self._names], snapshot.features)
        self._odds = [
            log_odds(base, chance) for base, chance in zip(self._forms.bases, self._forms.chances, strict=True)
        ]
        self._own = self._made_of(self.champion)
        self._stack = self._made_of(STACK) if snapshot.stack is not None else None
        self.base = self._own.of(self._odds)
        """The champion's log-odds of a customer of whom nothing is known yet: contributions count from here."""

    def judge(self, x: Vector) -> Judgement:
        """Return every expert's score, and the champion's with what it is made of."""
        return self.judge_all([x])[0]

    def judge_all(self, vectors: Vectors) -> list[Judgement]:
        """Return the same of several at once, for less; what is said of one does not depend on the others."""
        session = _Session(self, self._forms.judge(vectors))
        return [self._judgement(session, place) for place in range(len(vectors))]

    def _judgement(self, session: _Session, place: int) -> Judgement:
        scores, odds = {}, []
        for name, total, chance in zip(self._names, session.passed.totals[place], self._forms.chances, strict=True):
            scores[name] = min(max(total, 0.0), 1.0) if chance else sigmoid(total)
            odds.append(log_odds(total, chance))
        session.odds.append(odds)
        score = sigmoid(self._own.of(odds))
        if self._stack is not None:
            scores[STACK] = score if self.champion == STACK else sigmoid(self._stack.of(odds))
        return Judgement(scores, score, session, place)

    def _contributions(self, session: _Session) -> Floats:
        """Return the shares of every vector of a session (vectors, features)."""
        weights = np.array([self._weights(*pair) for pair in zip(session.passed.totals, session.odds, strict=True)])
        found: Floats = np.add.reduce(self._forms.shares(session.passed) * weights[:, :, None], axis=1)
        return found

    def _weights(self, totals: list[float], odds: list[float]) -> list[float]:
        """Return what each form's shares are multiplied by."""
        pairs = zip(self._forms.bases, totals, self._forms.chances, self._odds, odds, strict=True)
        return [factor * stretch(*pair) for factor, pair in zip(self._own.factors, pairs, strict=True)]

    def _made_of(self, candidate: str) -> _Sum:
        """Return how the experts make up a candidate's log-odds."""
        weights, bias = {candidate: 1.0}, 0.0
        if candidate == STACK:
            if self.snapshot.stack is None:
                raise KeyError(STACK)
            weights, bias = self.snapshot.stack.weights, self.snapshot.stack.bias
        elif candidate not in self.snapshot.experts:
            raise KeyError(candidate)
        lines = [(weights.get(name, 0.0), self.snapshot.experts[name]) for name in self._names]
        factors = [weight * line.slope for weight, line in lines]
        return _Sum(bias + sum(weight * line.offset for weight, line in lines), factors)


class _Session:
    """What was judged in one pass. Contributions are worked out for all of it when the first is asked for."""

    __slots__ = ("_found", "_scorer", "odds", "passed")

    def __init__(self, scorer: Scorer, passed: Passed) -> None:
        self._scorer, self.passed = scorer, passed
        self.odds: list[list[float]] = []
        self._found: Floats | None = None

    def contributions(self) -> Floats:
        if self._found is None:
            self._found = self._scorer._contributions(self)
        return self._found


class _Sum(Struct, frozen=True):
    """Log-odds as a weighted sum of the experts'."""

    constant: float
    factors: list[float]

    def of(self, odds: list[float]) -> float:
        """Return the sum, of the experts' own log-odds."""
        total = self.constant
        for factor, one in zip(self.factors, odds, strict=True):
            total += factor * one
        return total
