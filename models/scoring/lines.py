"""The linear models of a snapshot, on whole arrays: what each feature adds is what is summed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from models.scoring.arrays import Floats, Ints
from models.scoring.ranks import Ranks
from models.snapshot import Linear, Term

NONE = Term()
"""Of a feature that a model does not ask: it adds nothing."""


class Lines:
    """Evaluates linear models: a model's logit is its `bases` plus each feature's share."""

    def __init__(self, forms: Sequence[Linear], features: Sequence[str]) -> None:
        self.bases: Floats = np.array([form.intercept for form in forms], np.float64)
        terms = [[form.terms.get(name, NONE) for name in features] for form in forms]
        plain = [[NONE if term.edges else term for term in row] for row in terms]
        self._plain = any(term is not NONE for row in plain for term in row)
        self._mean = _column(plain, lambda term: term.mean)
        self._slope = _column(plain, lambda term: term.weight / term.scale)
        self._missing = _column(plain, lambda term: term.missing)
        reach = _column(plain, lambda term: 0.0 if term is NONE else term.limit * term.scale or np.inf)
        self._low, self._high = self._mean - reach, self._mean + reach
        cuts = _cuts(terms)
        self._ranks = Ranks(len(features), *cuts)
        self._binned = _by_row(terms, self._ranks) if len(cuts[0]) else None

    def shares(self, x: Floats) -> Floats:
        """Return what each feature of vectors adds to each model's log-odds (models, vectors, features)."""
        binned = None if self._binned is None else self._binned.take(self._ranks.rows(x), axis=1)
        if not self._plain:
            return np.zeros((len(self.bases), *x.shape)) if binned is None else binned
        shares = np.minimum(np.maximum(x, self._low), self._high)
        shares -= self._mean
        shares *= self._slope
        np.copyto(shares, self._missing, where=np.isnan(x))
        if binned is not None:
            shares += binned
        return shares


def _cuts(terms: Sequence[Sequence[Term]]) -> tuple[Ints, Floats]:
    """Return pairs of a feature and an edge, of every binned term."""
    pairs = [(place, edge) for row in terms for place, term in enumerate(row) for edge in term.edges]
    return np.array([place for place, _ in pairs], np.intp), np.array([edge for _, edge in pairs], np.float64)


def _column(rows: Sequence[Sequence[Term]], ask: Callable[[Term], float]) -> Floats:
    """Return a figure of each term (models, 1, features)."""
    return np.array([[ask(term) for term in row] for row in rows], np.float64)[:, None]


def _by_row(terms: Sequence[Sequence[Term]], ranks: Ranks) -> Floats:
    """Return the weight of each of the ranks' rows, by model (models, rows); 0 where a term has no bins."""
    found = np.zeros((len(terms), ranks.count))
    for line, row in zip(found, terms, strict=True):
        for term, first, missing in zip(row, ranks.first, ranks.missing, strict=True):
            if term.edges:
                line[first:missing] = np.array(term.bins)[
                    np.searchsorted(term.edges, ranks.begins[first:missing], "right")
                ]
                line[missing] = term.missing
    return found
