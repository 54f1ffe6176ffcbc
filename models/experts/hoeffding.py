"""River's Hoeffding trees, walked and published the same way.

River predicts the majority class's share at a leaf; here a leaf's chance is (leavers + 1) / (seen + 2), Laplace's rule,
without which a leaf of five customers is as sure as one of five thousand (Provost and Domingos 2003, "Tree induction
for probability-based ranking"). Labels are `True` and `False`, features the indices of the vector.

A missing figure is taken as the mean of those seen, and published as the side of each branch on which that mean lies.
River would send it where most have gone, and count everybody under the branch to find out: on orders, where a sixth of
the figures are missing for some, a forest's example took 553 us so, and takes 366.
"""

from __future__ import annotations

import math
from typing import Any

from river.tree.nodes.branch import DTBranch

from models.experts.base import Vector
from models.snapshot import Tree

_SETTLED = 50  # figures seen before their size is worth something
_REACH = 10.0


class Means:
    """The mean of each figure so far. One never seen has none: no tree is asked about it.

    A figure far beyond the usual size counts as `_REACH` times that: one wild one must not move what stands for many.
    """

    def __init__(self, width: int) -> None:
        self._sums, self._sizes, self._counts = [0.0] * width, [0.0] * width, [0] * width

    def learn(self, x: Vector) -> None:
        """Take the figures of a row."""
        sums, sizes, counts = self._sums, self._sizes, self._counts
        for index, value in enumerate(x):
            if value is None:
                continue
            seen = counts[index]
            if seen >= _SETTLED and abs(value) * seen > _REACH * sizes[index] > 0:
                value = math.copysign(_REACH * sizes[index] / seen, value)
            sums[index] += value
            sizes[index] += abs(value)
            counts[index] = seen + 1

    def of(self, index: int) -> float:
        """Return a figure's mean; 0 where none was seen."""
        return self._sums[index] / (self._counts[index] or 1)

    def filled(self, x: Vector) -> dict[int, float]:
        """Return a row as river's trees take it, without the figures that nobody has had."""
        counts = self._counts
        return {
            index: self.of(index) if value is None else value
            for index, value in enumerate(x)
            if value is not None or counts[index]
        }


def chance(node: Any, x: Vector, means: Means) -> float:
    """Return the chance at the leaf that a vector comes to; `node` is a tree's root, `None` for one not yet begun."""
    if node is None:
        return 0.5
    while isinstance(node, DTBranch):
        value = x[node.feature]
        node = node.children[_side(node, means.of(node.feature) if value is None else value)]
    return laplace(*_seen(node))


def _side(branch: Any, value: float) -> int:
    return int(value > branch.threshold)


def laplace(left: float, stayed: float) -> float:
    """Return (left + 1) / (left + stayed + 2)."""
    return (left + 1.0) / (left + stayed + 2.0)


def published(root: Any, means: Means) -> Tree:
    """Return a river tree as columns. A branch's value is that of all that its leaves have seen together."""
    tree = Tree([], [], [], [], [], [])
    if root is None:
        _put(tree, laplace(0, 0))
    else:
        _publish(root, tree, means)
    return tree


def _publish(node: Any, tree: Tree, means: Means) -> tuple[float, float]:
    """Append a node and what is under it, the left side first; return the weight of leavers and stayers there."""
    place = _put(tree, 0.5)
    if isinstance(node, DTBranch):
        left, right = node.children
        tree.feature[place] = node.feature
        tree.threshold[place] = node.threshold
        tree.missing_left[place] = _side(node, means.of(node.feature)) == 0
        tree.left[place] = place + 1
        ours, others = _publish(left, tree, means)
        tree.right[place] = len(tree.feature)
        more, rest = _publish(right, tree, means)
        seen = ours + more, others + rest
    else:
        seen = _seen(node)
    tree.value[place] = laplace(*seen)
    return seen


def _put(tree: Tree, value: float) -> int:
    """Append a leaf; return its place."""
    tree.feature.append(-1)
    tree.threshold.append(0.0)
    tree.left.append(0)
    tree.right.append(0)
    tree.missing_left.append(False)
    tree.value.append(value)
    return len(tree.feature) - 1


def _seen(leaf: Any) -> tuple[float, float]:
    """Return the weight of leavers and stayers that a leaf knows of."""
    return leaf.stats.get(True, 0.0), leaf.stats.get(False, 0.0)
