"""Finds the leaf at which each tree is left without walking it: QuickScorer.

Lucchese et al. (SIGIR 2015), "QuickScorer: a fast algorithm to rank documents with additive ensembles of regression
trees". A tree is a bit for each leaf. A branch that is passed on its left rules out the leaves on its right: what is
ruled out by no such branch, whatever their order, has the leaf that is come to as its highest bit. Every branch is
asked, tree after tree: that is reading a few columns from end to end.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from models.scoring.arrays import Floats, Ints
from models.scoring.nodes import Nodes

_EXPONENT, _MANTISSA_BITS = 1023, 52  # of a float64: that of a whole number tells its highest bit
WIDEST = 53
"""Leaves of a tree that a float64 has a bit for."""


class Masks:
    """Trees (by number, rising) of at most `WIDEST` leaves."""

    def __init__(self, nodes: Nodes, trees: Ints, width: int) -> None:
        """`width`: of a vector."""
        leaves = nodes.leaves[nodes.roots[trees]]
        word = np.uint32 if leaves.max(initial=1) <= np.iinfo(np.uint32).bits else np.uint64
        asked = _asked(nodes, trees)
        branch = nodes.feature[asked] >= 0
        self._starts: Ints = nodes.tree[asked].searchsorted(trees)
        """Where the branches of each tree begin."""
        self._place: Ints = np.where(branch, nodes.feature[asked] + width * nodes.missing_left[asked], 0)
        """In a row whose second half has the lowest there is for what is missing: there it goes left, else right."""
        with np.errstate(all="ignore"):  # beyond 0 it is a subnormal, which is what is meant
            self._cut: Floats = np.nextafter(nodes.threshold[asked], np.inf)
        """Under which a branch is passed on its left."""
        self._ruled_out: Any = np.where(branch, _right_of(nodes, asked), 0).astype(word)
        self._all: Any = _ones(leaves).astype(word)
        self._offsets: Ints = nodes.leaf[nodes.roots[trees]] - _EXPONENT

    def leaves(self, x: Floats) -> Ints:
        """Return the number of the leaf that each tree comes to, for vectors (vectors, trees); NaN is missing."""
        left = np.concatenate((x, np.fmax(x, -np.inf)), axis=1).take(self._place, axis=1) < self._cut
        found = np.bitwise_or.reduceat(np.multiply(left, self._ruled_out), self._starts, axis=1)
        found ^= self._all
        return (found.astype(np.float64).view(np.int64) >> _MANTISSA_BITS) + self._offsets


def _asked(nodes: Nodes, trees: Ints) -> Ints:
    """Return the branches, tree after tree; of a tree without any, its leaf: there are no sums of nothing."""
    alone = nodes.leaves[nodes.roots[nodes.tree]] == 1
    found: Ints = np.flatnonzero(np.isin(nodes.tree, trees) & ((nodes.feature >= 0) | alone))
    return found


def _right_of(nodes: Nodes, branches: Ints) -> Any:
    """Return, for each branch, the bits of the leaves on its right."""
    right = nodes.right[branches]
    first = nodes.leaf[right] - nodes.leaf[nodes.roots[nodes.tree[branches]]]
    return _ones(nodes.leaves[right]) << first.astype(np.uint64)


def _ones(count: Ints) -> Any:
    """Return so many bits, the lowest, of each."""
    return (np.uint64(1) << count.astype(np.uint64)) - np.uint64(1)
