"""River's Hoeffding trees, walked and published the same way.

River predicts the majority class's share at a leaf; here a leaf's chance is (leavers + 1) / (seen + 2), Laplace's rule,
without which a leaf of five customers is as sure as one of five thousand (Provost and Domingos 2003, "Tree induction
for probability-based ranking"). Labels are `True` and `False`, features the indices of the vector, missing ones absent.
"""

from __future__ import annotations

from typing import Any

from river.tree.nodes.branch import DTBranch

from models.experts.base import Vector
from models.snapshot import Tree


def present(x: Vector) -> dict[int, float]:
    """Return the row as river's trees take it: what is missing is absent."""
    return {index: value for index, value in enumerate(x) if value is not None}


def chance(node: Any, x: Vector) -> float:
    """Return the chance at the leaf that a vector comes to; `node` is a tree's root, `None` for one not yet begun.

    At a branch whose figure is missing it goes where most have gone, as river does.
    """
    if node is None:
        return 0.5
    while isinstance(node, DTBranch):
        value = x[node.feature]
        side = node.most_common_path()[0] if value is None else int(value > node.threshold)
        node = node.children[side]
    return laplace(*_seen(node))


def laplace(left: float, stayed: float) -> float:
    """Return (left + 1) / (left + stayed + 2)."""
    return (left + 1.0) / (left + stayed + 2.0)


def published(root: Any) -> Tree:
    """Return a river tree as columns. A branch's value is that of all that its leaves have seen together."""
    tree = Tree([], [], [], [], [], [])
    if root is None:
        _put(tree, laplace(0, 0))
    else:
        _publish(root, tree)
    return tree


def _publish(node: Any, tree: Tree) -> tuple[float, float]:
    """Append a node and what is under it, the left side first; return the weight of leavers and stayers there."""
    place = _put(tree, 0.5)
    if isinstance(node, DTBranch):
        left, right = node.children
        tree.feature[place] = node.feature
        tree.threshold[place] = node.threshold
        tree.missing_left[place] = node.most_common_path()[0] == 0
        tree.left[place] = place + 1
        ours, others = _publish(left, tree)
        tree.right[place] = len(tree.feature)
        more, rest = _publish(right, tree)
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
