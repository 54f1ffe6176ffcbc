"""Every form of a snapshot evaluated in one pass over a vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.scoring.arrays import Floats, Ints
from models.scoring.grove import Grove
from models.scoring.lines import Lines
from models.snapshot import Forest, Linear


@dataclass(slots=True)
class Passed:
    """What a pass has found: each form's total, and what its shares are made of."""

    totals: list[float]
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

    def judge(self, x: Sequence[float | None]) -> Passed:
        """Evaluate a vector, `None` = missing."""
        row = np.array(x, np.float64)
        shares, leaves = self._lines.shares(row), self._grove.leaves(row)
        totals = (self._lines.bases + np.add.reduce(shares, axis=1)).tolist()
        totals += self._grove.totals(leaves).tolist()
        return Passed(totals, shares, leaves)

    def shares(self, passed: Passed) -> Floats:
        """Return what each feature adds to each form's total (forms, features): they sum to the total - base."""
        return np.concatenate([passed.lines, self._grove.shares(passed.leaves)])
