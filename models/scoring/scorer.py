"""A snapshot made ready to score: tens of microseconds a customer, without the libraries that learned it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.scoring.contributions import allotted, base
from models.scoring.forest import ForestModel, doubled
from models.scoring.linear import LinearModel
from models.scoring.logit import logit, sigmoid
from models.snapshot import STACK, Linear, Snapshot

Vector = Sequence[float | None]


class Scorer:
    """Evaluates a snapshot on vectors in the order of its features, `None` = missing.

    `champion` overrides the snapshot's own (an operator promoted another); raise `KeyError` where there is none such.
    """

    def __init__(self, snapshot: Snapshot, champion: str | None = None) -> None:
        self.snapshot = snapshot
        self.champion = champion or snapshot.champion
        width = len(snapshot.features)
        self._models: dict[str, LinearModel | ForestModel] = {
            name: LinearModel(expert.model, snapshot.features)
            if isinstance(expert.model, Linear)
            else ForestModel(expert.model, width)
            for name, expert in snapshot.experts.items()
        }
        self._line = {name: (expert.slope, expert.offset) for name, expert in snapshot.experts.items()}
        self._bias, self._weights = self._of_champion()
        self._asks_trees = any(isinstance(self._models[name], ForestModel) for name in self._weights)
        self.base = self._bias + sum(
            weight * (self._line[name][0] * base(self._models[name]) + self._line[name][1])
            for name, weight in self._weights.items()
        )
        """The champion's log-odds of a customer of whom nothing is known yet: contributions count from here."""

    def experts(self, x: Vector) -> dict[str, float]:
        """Return every expert's own score, uncalibrated as the trainer's, and the stack's where there is one."""
        row = doubled(x)
        scores = {name: _chance(model, x, row) for name, model in self._models.items()}
        stack = self.snapshot.stack
        if stack is not None:
            scores[STACK] = self._together(scores, stack.bias, stack.weights)
        return scores

    def score(self, x: Vector) -> float:
        """Return the champion's calibrated chance of leaving."""
        row = doubled(x) if self._asks_trees else []
        return self._together(
            {name: _chance(self._models[name], x, row) for name in self._weights}, self._bias, self._weights
        )

    def of(self, scores: Mapping[str, float]) -> float:
        """Return the champion's score from what `experts` said."""
        return self._together(scores, self._bias, self._weights)

    def contributions(self, x: Vector) -> list[tuple[str, float]]:
        """Return what each feature adds to the champion's log-odds, the greatest (either way) first, without zeros.

        They sum to logit(score) - `base`.
        """
        row, sums = doubled(x) if self._asks_trees else [], [0.0] * len(self.snapshot.features)
        for name, weight in self._weights.items():
            shares, stretch = allotted(self._models[name], x, row)
            factor = weight * self._line[name][0] * stretch
            sums = [whole + factor * share for whole, share in zip(sums, shares, strict=True)]
        pairs = [pair for pair in zip(self.snapshot.features, sums, strict=True) if pair[1]]
        pairs.sort(key=_size, reverse=True)
        return pairs

    def _of_champion(self) -> tuple[float, dict[str, float]]:
        """Return the bias and the weights by which experts make up the champion's log-odds."""
        if self.champion != STACK:
            _ = self._models[self.champion]
            return 0.0, {self.champion: 1.0}
        stack = self.snapshot.stack
        if stack is None:
            raise KeyError(STACK)
        return stack.bias, {name: weight for name, weight in stack.weights.items() if weight}

    def _together(self, scores: Mapping[str, float], bias: float, weights: Mapping[str, float]) -> float:
        total = bias
        for name, weight in weights.items():
            slope, offset = self._line[name]
            total += weight * (slope * logit(scores[name]) + offset)
        return sigmoid(total)


def _size(pair: tuple[str, float]) -> float:
    return abs(pair[1])


def _chance(model: LinearModel | ForestModel, x: Vector, row: list[float]) -> float:
    if isinstance(model, LinearModel):
        return model.chance(x)
    total = model.total(row)
    return total if model.share else sigmoid(total)
