"""The forests of a snapshot in one pass: the leaf that each tree comes to, then what stands there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.scoring.arrays import Floats, Ints, sums_by_row
from models.scoring.masks import WIDEST, Masks
from models.scoring.nodes import Nodes
from models.scoring.paths import Paths
from models.scoring.walks import Walks
from models.snapshot import Forest


class Grove:
    """Evaluates forests: `bases` are their totals before any split, chances or log-odds as each combines."""

    def __init__(self, forms: Sequence[Forest], width: int) -> None:
        """`width`: of a vector."""
        nodes = Nodes(forms)
        narrow = nodes.leaves[nodes.roots] <= WIDEST
        masked, walked = np.flatnonzero(narrow), np.flatnonzero(~narrow)
        self._masks = Masks(nodes, masked, width)
        self._walks = Walks(nodes, walked, width) if len(walked) else None
        order = np.concatenate([masked, walked])
        self._paths = Paths(nodes, order, len(forms), width)
        self._forest, self._values = nodes.forest[order], nodes.value[nodes.ends]
        self._starts = np.array([_start(form) for form in forms])
        self.bases = self._summed(nodes.value[nodes.roots][None], nodes.forest)[0]

    def leaves(self, x: Floats) -> Ints:
        """Return which leaf each tree comes to, for vectors (vectors, trees); NaN is missing."""
        found = self._masks.leaves(x)
        return found if self._walks is None else np.concatenate([found, self._walks.leaves(x)], axis=1)

    def totals(self, leaves: Ints) -> Floats:
        """Return each forest's sum (vectors, forests)."""
        return self._summed(self._values.take(leaves), self._forest)

    def shares(self, leaves: Ints) -> Floats:
        """Return what each feature adds to each forest's total (vectors, forests, features).

        They sum to the total - base.
        """
        return self._paths.shares(leaves)

    def _summed(self, values: Floats, forest: Ints) -> Floats:
        found: Floats = sums_by_row(forest, values, len(self._starts)) + self._starts
        return found


def _start(form: Forest) -> float:
    """Return what a forest's total counts from: trees of chances count from nothing."""
    return 0.0 if form.combine == "probability" and form.trees else form.base
