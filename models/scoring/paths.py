"""What lies on the way to a leaf: each split's step of value, and the feature that it asks.

Saabas (2014), "Interpreting random forests", as in the package treeinterpreter: the steps are the features' shares.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from models.scoring.arrays import Floats, Ints, ramp, sums, sums_by_row
from models.scoring.nodes import Nodes

MOST_CELLS = 250_000  # of 16 bytes


class Paths:
    """The steps to every leaf stand in a table; where that would be too large, they are climbed from the leaves."""

    def __init__(self, nodes: Nodes, trees: Ints, forests: int, width: int) -> None:
        """`trees`: in the order in which their leaves will be told; `width`: of a vector."""
        self._shape = forests, width
        self._parent, self._ends = nodes.parent, nodes.ends
        parent = np.maximum(nodes.parent, 0)
        self._step: Floats = nodes.value - nodes.value[parent]
        self._place: Ints = nodes.feature[parent] + width * nodes.forest[nodes.tree]
        """Forest and feature in one number."""
        self._table = _Table.of(self._climb(nodes.ends), nodes.tree[nodes.ends], trees)

    def shares(self, leaves: Ints) -> Floats:
        """Return what each feature adds (vectors, forests, features), by the leaves that the trees have come to."""
        forests, width = self._shape
        if self._table is not None:
            found = sums_by_row(*self._table.steps(leaves), forests * width)
        else:
            found = np.array([sums(*self._climbed(row), forests * width) for row in leaves])
        return found.reshape(len(leaves), forests, width)

    def _climbed(self, leaves: Ints) -> tuple[Ints, Floats]:
        found = [(places, steps) for _, places, steps in self._climb(self._ends[leaves])]
        return np.concatenate([places for places, _ in found]), np.concatenate([steps for _, steps in found])

    def _climb(self, nodes: Ints) -> Iterator[tuple[Ints, Ints, Floats]]:
        """Yield, level by level upwards, which of the nodes has a step there, its place and the step."""
        which = np.arange(len(nodes))
        while True:
            under = self._parent[nodes] >= 0
            which, nodes = which[under], nodes[under]
            yield which, self._place[nodes], self._step[nodes]
            if not len(nodes):
                return
            nodes = self._parent[nodes]


class _Table:
    """Each leaf's steps by place, as many cells as the longest way in its tree; what is left over adds nothing."""

    def __init__(self, leaf: Ints, places: Ints, steps: Floats, tree: Ints, trees: Ints) -> None:
        """Take the steps in order of their leaves; `tree`: of each leaf; `trees`: as told."""
        counts = np.bincount(leaf, minlength=len(tree))
        longest = np.zeros(len(trees), np.intp)
        np.maximum.at(longest, tree, counts)
        sizes = longest[tree]
        self._first: Ints = np.cumsum(sizes) - sizes
        cells = self._first[leaf] + ramp(counts)
        self._places: Ints = np.zeros(sizes.sum(), np.intp)
        self._steps: Floats = np.zeros(sizes.sum())
        self._places[cells], self._steps[cells] = places, steps
        self._column = np.repeat(np.arange(len(trees)), longest[trees])
        self._ramp = ramp(longest[trees])

    @classmethod
    def of(cls, levels: Iterator[tuple[Ints, Ints, Floats]], tree: Ints, trees: Ints) -> _Table | None:
        """Return the table of these steps, those of a leaf to the same place added up; `None`: it is too large."""
        found, count = [], 0
        for level in levels:
            found.append(level)
            count += len(level[0])
            if count > MOST_CELLS:
                return None
        leaf, places, steps = (np.concatenate(column) for column in zip(*found, strict=True))
        span = int(places.max(initial=0)) + 1
        keys, which = np.unique(leaf * span + places, return_inverse=True)
        made = cls(keys // span, keys % span, sums(which, steps, len(keys)), tree, trees)
        return made if len(made._places) <= MOST_CELLS else None

    def steps(self, leaves: Ints) -> tuple[Ints, Floats]:
        """Return places and steps, each (vectors, cells)."""
        cells = self._first.take(leaves).take(self._column, axis=1)
        cells += self._ramp
        return self._places.take(cells), self._steps.take(cells)
