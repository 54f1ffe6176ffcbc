"""Walks the trees that masks are too small for: nested tuples, a leaf being its number.

A row is doubled, its second half with the signs turned. An unknown (NaN) fails every comparison, so a branch asks in
the half where failing is the way that unknowns go.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from models.scoring.arrays import Floats, Ints
from models.scoring.nodes import Nodes

Node = Any  # a leaf's number, or (place in the doubled row, threshold, where it goes if at most that, else)


class Walks:
    """Trees (numbers of `nodes`), as `leaves` tells of them."""

    def __init__(self, nodes: Nodes, trees: Ints, width: int) -> None:
        self._roots = [_compiled(nodes, int(tree), width) for tree in trees]

    def leaves(self, x: Floats) -> Ints:
        """Return the number of the leaf that each tree comes to, for vectors (vectors, trees)."""
        return np.array([self._of(row) for row in np.concatenate((x, -x), axis=1).tolist()], np.intp)

    def _of(self, row: list[float]) -> list[int]:
        found = []
        for node in self._roots:
            while node.__class__ is tuple:
                place, threshold, then, otherwise = node
                node = then if row[place] <= threshold else otherwise
            found.append(node)
        return found


def _compiled(nodes: Nodes, tree: int, width: int) -> Node:
    """Return a tree as nested tuples. Children come after their branch, so: from the end."""
    start, end = nodes.span(tree)
    columns = (nodes.feature, nodes.threshold, nodes.missing_left, nodes.left, nodes.right)
    made: list[Node] = nodes.leaf[start:end].tolist()
    rows = [*zip(*(column[start:end].tolist() for column in columns), strict=True)]
    for place in range(end - start - 1, -1, -1):
        feature, threshold, missing_left, left, right = rows[place]
        if feature >= 0:
            if missing_left:
                made[place] = (
                    feature + width,
                    -math.nextafter(threshold, math.inf),
                    made[right - start],
                    made[left - start],
                )
            else:
                made[place] = (feature, threshold, made[left - start], made[right - start])
    return made[0]
