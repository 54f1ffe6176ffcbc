"""Finds the leaf at which each tree is left without walking it: QuickScorer.

Lucchese et al. (SIGIR 2015), "QuickScorer: a fast algorithm to rank documents with additive ensembles of regression
trees". A tree is a bit for each leaf. A branch that is passed on its right rules out the leaves on its left: the AND of
all such branches, whatever their order, leaves the bit of the leaf that is come to as the lowest one set. What a figure
rules out depends on its cell alone, so all trees' bits for each cell of each figure stand ready in one row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.scoring.arrays import Floats, Ints
from models.scoring.nodes import Nodes
from models.scoring.ranks import Ranks

MOST_BYTES = 4_000_000
_KINDS: dict[int, type] = {8: np.uint64, 2: np.uint16, 1: np.uint8}  # by the bytes of a tree
_WIDEST = 64
_EXPONENT, _MANTISSA_BITS = 1023, 52  # of a float64: that of a power of two tells which


class Masks:
    """Trees (by number) that `fitting` has said there are masks for."""

    def __init__(self, nodes: Nodes, trees: Ints, ranks: Ranks, beginning: Ints) -> None:
        """`beginning`: the ranks' row that begins at each of the `cuts` of these trees."""
        width = _widths(nodes.leaves[nodes.roots[trees]])
        self.trees: Ints = np.concatenate([trees[width == one] for one in _KINDS])
        """In the order in which `leaves` tells of them."""
        self._groups = _groups(width)
        self._offsets: Ints = nodes.leaf[nodes.roots[self.trees]] - _EXPONENT
        branches = _branches(nodes, trees)
        self._asked: Ints = np.unique(nodes.feature[branches])
        self._left = np.full((ranks.count, -(-int(width.sum()) // 8)), ~np.uint64(0))
        self._rule_out(nodes, branches, ranks, beginning)

    def leaves(self, rows: Ints) -> Ints:
        """Return the number of the leaf that each tree comes to, by the ranks' rows of a vector."""
        left = np.bitwise_and.reduce(self._left.take(rows.take(self._asked), axis=0), axis=0).view(np.uint8)
        lowest = np.empty(len(self._offsets))
        for columns, span, kind in self._groups:
            bits = left[span].view(kind)
            lowest[columns] = bits & -bits
        return (lowest.view(np.int64) >> _MANTISSA_BITS) + self._offsets

    def _rule_out(self, nodes: Nodes, branches: Ints, ranks: Ranks, beginning: Ints) -> None:
        """Clear each branch's bits where its cut is first passed, then in all rows beyond, by ANDs of those before."""
        column_of = np.zeros(len(nodes.roots), np.intp)
        column_of[self.trees] = np.arange(len(self.trees))
        column, bits = column_of[nodes.tree[branches]], _right_of(nodes, branches)
        missing, right = ranks.missing[nodes.feature[branches]], ~nodes.missing_left[branches]
        for columns, span, kind in self._groups:
            rows: NDArray[Any] = self._left.view(np.uint8)[:, span].view(kind)
            here = (column >= columns.start) & (column < columns.stop)
            for row, which in ((beginning, here), (missing, here & right)):
                np.bitwise_and.at(rows, (row[which], column[which] - columns.start), bits[which].astype(kind))
        for feature in self._asked:
            cells = self._left[ranks.first[feature] : ranks.missing[feature]]
            np.bitwise_and.accumulate(cells, axis=0, out=cells)


def fitting(nodes: Nodes, width: int, more: int = 0) -> Ints:
    """Return the trees that there are masks for: none too wide, as many as `MOST_BYTES` hold.

    `width`: of a vector; `more`: cuts that others make in the same ranks.
    """
    leaves = nodes.leaves[nodes.roots]
    narrow = leaves <= _WIDEST
    rows = np.cumsum(np.where(narrow, leaves - 1, 0)) + 3 * width + more
    found: Ints = np.flatnonzero(narrow & (rows * np.cumsum(np.where(narrow, -(-leaves // 8), 0)) <= MOST_BYTES))
    return found


def cuts(nodes: Nodes, trees: Ints) -> tuple[Ints, Floats]:
    """Return pairs of a feature and a cut, of every branch: `x <= threshold` fails from the next float on."""
    branches = _branches(nodes, trees)
    with np.errstate(all="ignore"):  # beyond 0 it is a subnormal, which is what is meant
        return nodes.feature[branches], np.nextafter(nodes.threshold[branches], np.inf)


def _branches(nodes: Nodes, trees: Ints) -> Ints:
    found: Ints = np.flatnonzero(np.isin(nodes.tree, trees) & (nodes.feature >= 0))
    return found


def _widths(leaves: Ints) -> Ints:
    """Return the bytes of each tree: two widths at most, as each costs a pass; the narrow one as most trees want it."""
    narrow = 2 if np.sum((leaves > 8) & (leaves <= 16)) > np.sum(leaves <= 8) else 1
    return np.where(leaves <= 8 * narrow, narrow, 8)


def _groups(width: Ints) -> list[tuple[slice, slice, type]]:
    """Return, for each width: which trees, which bytes of a row, read as what."""
    found, tree, byte = [], 0, 0
    for one, kind in _KINDS.items():
        count = int((width == one).sum())
        if count:
            found.append((slice(tree, tree + count), slice(byte, byte + one * count), kind))
            tree, byte = tree + count, byte + one * count
    return found


def _right_of(nodes: Nodes, branches: Ints) -> NDArray[np.uint64]:
    """Return, for each branch, all bits but those of the leaves on its left."""
    many = nodes.leaves[nodes.left[branches]].astype(np.uint64)  # at most 63: there is one on the right
    first = nodes.leaf[branches] - nodes.leaf[nodes.roots[nodes.tree[branches]]]
    one = np.uint64(1)
    found: NDArray[np.uint64] = ~(((one << many) - one) << first.astype(np.uint64))
    return found
