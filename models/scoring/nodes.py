"""The trees of several forests as one set of columns, so that whole arrays of nodes are handled at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from models.scoring.arrays import Floats, Ints
from models.snapshot import Forest, Tree


class Nodes:
    """Columns by node, tree after tree. Leaves are numbered tree after tree too, within one from left to right.

    `value` is weighted, so that a forest's total is a plain sum; `parent` of a root is -1; `leaf` is the number of the
    first leaf under a node, `leaves` how many there are.
    """

    def __init__(self, forests: Sequence[Forest]) -> None:
        trees = [tree for forest in forests for tree in forest.trees]
        sizes = [len(tree.feature) for tree in trees]
        starts = np.cumsum([0, *sizes])[:-1]
        offsets = np.repeat(starts, sizes)
        self.roots: Ints = starts
        self.forest: Ints = np.repeat(np.arange(len(forests)), [len(forest.trees) for forest in forests])
        """Of each tree."""
        self.tree: Ints = np.repeat(np.arange(len(trees)), sizes)
        self.feature: Ints = _column(trees, "feature", np.intp)
        self.threshold: Floats = _column(trees, "threshold", np.float64)
        self.missing_left: Any = _column(trees, "missing_left", np.bool_)
        self.left: Ints = _column(trees, "left", np.intp) + offsets
        self.right: Ints = _column(trees, "right", np.intp) + offsets
        weights = np.array([weight for forest in forests for weight in _weights(forest)], np.float64)
        self.value: Floats = _column(trees, "value", np.float64) * weights[self.tree]
        self._number()

    def span(self, tree: int) -> tuple[int, int]:
        """Return the first node of a tree, and the first beyond it."""
        after = self.roots[tree + 1] if tree + 1 < len(self.roots) else len(self.feature)
        return int(self.roots[tree]), int(after)

    def _number(self) -> None:
        """Go down level by level for the parents, up for how many leaves there are, down for which."""
        self.parent: Ints = np.full(len(self.feature), -1)
        self.leaves: Ints = (self.feature < 0).astype(np.intp)
        levels, level = [], self.roots
        while len(branches := level[self.feature[level] >= 0]):
            levels.append(branches)
            for side in (self.left, self.right):
                self.parent[side[branches]] = branches
            level = np.concatenate([self.left[branches], self.right[branches]])
        for branches in reversed(levels):
            self.leaves[branches] = self.leaves[self.left[branches]] + self.leaves[self.right[branches]]
        self.leaf: Ints = np.zeros(len(self.feature), np.intp)
        self.leaf[self.roots] = np.cumsum([0, *self.leaves[self.roots]])[:-1]
        for branches in levels:
            self.leaf[self.left[branches]] = self.leaf[branches]
            self.leaf[self.right[branches]] = self.leaf[branches] + self.leaves[self.left[branches]]
        ends = np.flatnonzero(self.feature < 0)
        self.ends: Ints = ends[np.argsort(self.leaf[ends])]
        """The node that each leaf is."""


def _weights(forest: Forest) -> list[float]:
    weights = forest.weights or [1.0] * len(forest.trees)
    whole = sum(weights) if forest.combine == "probability" else 1.0
    return [weight / whole for weight in weights]


def _column(trees: Sequence[Tree], name: str, kind: type[Any]) -> Any:
    return np.array([*chain.from_iterable(getattr(tree, name) for tree in trees)], kind)
