"""Trees, laid out for speed: nested tuples, a leaf being just its number.

A row is doubled: the first half holds -inf where a figure is missing, the second +inf. A branch whose unknowns go left
asks the first half and others the second, so that `value <= threshold` is all that is asked at a branch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from models.snapshot import Forest, Tree

Node = Any  # a leaf's number, or (place in the doubled row, threshold, left, right)
Told = tuple[float, int, int, float, Any, Any]  # value, feature, place, threshold, left, right (None at a leaf)


def doubled(x: Sequence[float | None]) -> list[float]:
    """Return the row as branches ask it."""
    below, above = -math.inf, math.inf
    return [below if v is None else v for v in x] + [above if v is None else v for v in x]


class ForestModel:
    """Evaluates `Forest`: `base` is the total before any split, a probability or log-odds as `share` says."""

    def __init__(self, form: Forest, width: int) -> None:
        self.share = form.combine == "probability"
        self._width = width
        self._trees = form.trees
        weights = form.weights or [1.0] * len(form.trees)
        whole = sum(weights) if self.share else 1.0
        self._weights = [weight / whole for weight in weights]
        self._start = 0.0 if self.share and form.trees else form.base
        pairs = list(zip(form.trees, self._weights, strict=True))
        self._roots = [compiled(tree, weight, width) for tree, weight in pairs]
        self.base = self._start + sum(tree.value[0] * weight for tree, weight in pairs)

    def total(self, row: list[float]) -> float:
        """Return the sum over the trees, of a doubled row."""
        total = self._start
        for node in self._roots:
            while node.__class__ is tuple:
                place, threshold, left, right = node
                node = left if row[place] <= threshold else right
            total += node
        return total

    def shares(self, row: list[float]) -> list[float]:
        """Return what each feature adds to the total: each split's step of value goes to the feature it asks.

        Saabas (2014), "Interpreting random forests", as in the package treeinterpreter.
        """
        shares = [0.0] * self._width
        for value, feature, place, threshold, left, right in self._told:
            while left is not None:
                asked, before = feature, value
                value, feature, place, threshold, left, right = left if row[place] <= threshold else right
                shares[asked] += value - before
        return shares

    @cached_property
    def _told(self) -> list[Told]:
        return [told(tree, weight, self._width) for tree, weight in zip(self._trees, self._weights, strict=True)]


def compiled(tree: Tree, weight: float, width: int) -> Node:
    """Return the tree as nested tuples, its leaves weighted. Children come after their branch, so: from the end."""
    nodes: list[Node] = [value * weight for value in tree.value]
    for i in range(len(nodes) - 1, -1, -1):
        feature = tree.feature[i]
        if feature >= 0:
            place = feature if tree.missing_left[i] else feature + width
            nodes[i] = (place, tree.threshold[i], nodes[tree.left[i]], nodes[tree.right[i]])
    return nodes[0]


def told(tree: Tree, weight: float, width: int) -> Told:
    """Return the tree as nested tuples with the value of every node."""
    nodes: list[Told] = [(value * weight, -1, -1, 0.0, None, None) for value in tree.value]
    for i in range(len(nodes) - 1, -1, -1):
        feature = tree.feature[i]
        if feature >= 0:
            place = feature if tree.missing_left[i] else feature + width
            nodes[i] = (nodes[i][0], feature, place, tree.threshold[i], nodes[tree.left[i]], nodes[tree.right[i]])
    return nodes[0]
