"""Finds the leaf at which each tree is left without walking it: QuickScorer.

Lucchese et al. (SIGIR 2015), "QuickScorer: a fast algorithm to rank documents with additive ensembles of regression
trees". A tree is a bit for each leaf. A branch that is passed on its right rules out the leaves on its left: the AND of
all such branches, whatever their order, leaves the bit of the leaf that is come to as the lowest one set. What a figure
rules out depends on its cell alone: for each cell the bits of all trees that ask the figure stand ready, side by side.
"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from models.scoring.arrays import Floats, Ints, ramp
from models.scoring.nodes import Nodes
from models.scoring.ranks import Ranks

MOST_WORDS = 500_000
"""Of eight bytes."""
_WIDEST = 64
"""Leaves of a tree that a word has bits for."""
_EXPONENT, _MANTISSA_BITS = 1023, 52  # of a float64: that of a power of two tells which

Bits = NDArray[np.uint64]


class Masks:
    """Trees (by number, rising) that `fitting` has said there are masks for."""

    def __init__(self, nodes: Nodes, trees: Ints, ranks: Ranks, beginning: Ints) -> None:
        """`beginning`: the ranks' row that begins at each of the `cuts` of these trees."""
        self.trees = trees
        self._offsets: Ints = nodes.leaf[nodes.roots[trees]] - _EXPONENT
        width = len(ranks.first)
        pairs = _pairs(nodes, trees, width)
        self._figure: Ints = pairs % width
        """That each word is about, tree after tree."""
        self._starts: Ints = pairs.searchsorted(width * np.arange(len(trees)))
        many = np.bincount(self._figure, minlength=width)  # trees that ask each figure
        each = many.repeat(np.diff(ranks.first, append=ranks.count))
        self._row: Ints = np.cumsum(each) - each
        """Where the words of each of the ranks' rows begin."""
        self._within: Ints = np.empty(len(pairs), np.intp)
        """Where in a row of its figure each word stands."""
        self._within[np.argsort(self._figure, kind="stable")] = ramp(many)
        self._words: Bits = np.full(each.sum(), ~np.uint64(0))
        self._rule_out(nodes, pairs, ranks, beginning)

    def leaves(self, rows: Ints) -> Ints:
        """Return the number of the leaf that each tree comes to, by the ranks' rows of a vector."""
        places = self._row.take(rows).take(self._figure)
        places += self._within
        left = np.bitwise_and.reduceat(self._words.take(places), self._starts)
        left &= -left
        return (left.astype(np.float64).view(np.int64) >> _MANTISSA_BITS) + self._offsets

    def _rule_out(self, nodes: Nodes, pairs: Ints, ranks: Ranks, beginning: Ints) -> None:
        """Clear each branch's bits where its cut is first passed, then in all rows beyond, by ANDs of those before."""
        branches = _branches(nodes, self.trees)
        feature, bits = nodes.feature[branches], _right_of(nodes, branches)
        within = self._within[pairs.searchsorted(_pair(nodes, self.trees, branches, len(ranks.first)))]
        np.bitwise_and.at(self._words, self._row[beginning] + within, bits)
        right = ~nodes.missing_left[branches]
        np.bitwise_and.at(self._words, (self._row[ranks.missing[feature]] + within)[right], bits[right])
        for one in np.unique(feature):
            first, missing = self._row[ranks.first[one]], self._row[ranks.missing[one]]
            cells = self._words[first:missing].reshape(ranks.missing[one] - ranks.first[one], -1)
            np.bitwise_and.accumulate(cells, axis=0, out=cells)


def fitting(nodes: Nodes, width: int, others: Ints) -> Ints:
    """Return the trees that there are masks for: none too wide, and as many as `MOST_WORDS` hold.

    `width`: of a vector; `others`: the features of the cuts that others make in the same ranks.
    """
    narrow = np.flatnonzero(nodes.leaves[nodes.roots] <= _WIDEST)

    def words(count: int) -> int:
        trees = narrow[:count]
        rows = np.bincount(np.append(others, cuts(nodes, trees)[0]), minlength=width) + 3
        return int((np.bincount(_pairs(nodes, trees, width) % width, minlength=width) * rows).sum())

    if words(len(narrow)) <= MOST_WORDS:
        return narrow
    return narrow[: bisect_right(range(len(narrow)), MOST_WORDS, key=words) - 1]


def cuts(nodes: Nodes, trees: Ints) -> tuple[Ints, Floats]:
    """Return pairs of a feature and a cut, of every branch: `x <= threshold` fails from the next float on."""
    branches = _branches(nodes, trees)
    with np.errstate(all="ignore"):  # beyond 0 it is a subnormal, which is what is meant
        return nodes.feature[branches], np.nextafter(nodes.threshold[branches], np.inf)


def _branches(nodes: Nodes, trees: Ints) -> Ints:
    found: Ints = np.flatnonzero(np.isin(nodes.tree, trees) & (nodes.feature >= 0))
    return found


def _pairs(nodes: Nodes, trees: Ints, width: int) -> Ints:
    """Return, tree after tree, each figure that it asks; of one without a branch, any: there are no sums of nothing."""
    leaf = width * np.flatnonzero(nodes.leaves[nodes.roots[trees]] == 1)
    return np.unique(np.append(_pair(nodes, trees, _branches(nodes, trees), width), leaf))


def _pair(nodes: Nodes, trees: Ints, branches: Ints, width: int) -> Ints:
    """Return a number for tree (by its place in `trees`) and figure of each branch."""
    found: Ints = width * trees.searchsorted(nodes.tree[branches]) + nodes.feature[branches]
    return found


def _right_of(nodes: Nodes, branches: Ints) -> Bits:
    """Return, for each branch, all bits but those of the leaves on its left."""
    many = nodes.leaves[nodes.left[branches]].astype(np.uint64)  # at most 63: there is one on the right
    first = nodes.leaf[branches] - nodes.leaf[nodes.roots[nodes.tree[branches]]]
    one = np.uint64(1)
    found: Bits = ~(((one << many) - one) << first.astype(np.uint64))
    return found
