"""Every form of a snapshot evaluated in one pass over vectors: what the first one costs, a dozen more hardly add to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.scoring.arrays import Floats, Ints
from models.scoring.grove import Grove
from models.scoring.lines import Lines
from models.snapshot import Forest, Linear

Vector = Sequence[float | None]
Vectors = Sequence[Vector] | Floats
"""As lists, `None` = missing, or as an array, NaN = missing."""


@dataclass(slots=True)
class Passed:
    """What a pass has found: each form's total, of each vector, and what its shares are made of."""

    totals: list[list[float]]
    lines: Floats
    leaves: Ints


class Forms:
    """Evaluates linear models, then forests: in this order are `bases`, totals and shares, whatever that of `forms`.

    `chances` says whose total is a chance; the others' are log-odds.
    """

    def __init__(self, forms: Sequence[Linear | Forest], features: Sequence[str]) -> None:
        linear = [form for form in forms if isinstance(form, Linear)]
        forests = [form for form in forms if isinstance(form, Forest)]
        self._lines = Lines(linear, features)
        self._grove = Grove(forests, len(features))
        self.bases: list[float] = [*self._lines.bases.tolist(), *self._grove.bases.tolist()]
        self.chances = [isinstance(form, Forest) and form.combine == "probability" for form in [*linear, *forests]]

    def judge(self, vectors: Vectors) -> Passed:
        """Evaluate vectors. What is said of one does not depend on which others are there."""
        x = np.asarray(vectors, np.float64)
        shares, leaves = self._lines.shares(x), self._grove.leaves(x)
        linear = self._lines.bases + np.add.reduce(shares, axis=2).T
        return Passed(np.concatenate([linear, self._grove.totals(leaves)], axis=1).tolist(), shares, leaves)

    def shares(self, passed: Passed) -> Floats:
        """Return what each feature adds to each form's total (vectors, forms, features): they sum to total - base."""
        return np.concatenate([passed.lines.swapaxes(0, 1), self._grove.shares(passed.leaves)], axis=1)
