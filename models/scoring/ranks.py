"""Where each figure of a vector stands among the cuts that models make, for all figures and all models at once."""

from __future__ import annotations

import numpy as np

from models.scoring.arrays import Floats, Ints


class Ranks:
    """Numbers the cells into which cuts part the figures; a cut is passed at `cut <= x`.

    A figure has a row for each cell, from under its first cut upwards, then one for missing, then one that is nobody's.
    Rows count through the figures in order, so that one array holds what belongs to every cell.
    """

    def __init__(self, width: int, features: Ints, cuts: Floats) -> None:
        """`width`: of a vector; then pairs of a feature's index and a cut, in any order; a pair may come twice."""
        order = np.lexsort((cuts, features))
        feature, cut = features[order], cuts[order]
        fresh = np.append(True, (feature[1:] != feature[:-1]) | (cut[1:] != cut[:-1]))[: len(order)]
        sizes = np.bincount(feature[fresh], minlength=width) + 3
        self.count = int(sizes.sum())
        self.first: Ints = np.cumsum(sizes) - sizes
        """The row under the first cut, of each feature."""
        self.missing: Ints = self.first + sizes - 2
        self.begins: Floats = np.full(self.count, np.nan)
        """Where each row begins; that for missing at infinity, the last of a feature nowhere."""
        self.begins[self.first], self.begins[self.missing] = -np.inf, np.inf
        self.begins[np.cumsum(fresh) + 3 * feature] = cut
        self._feature = np.repeat(np.arange(width), sizes)
        self._end = np.isnan(self.begins)

    def rows(self, x: Floats) -> Ints:
        """Return the row of each figure of vectors (vectors, features); figures are finite, NaN is missing.

        It is the last row that does not begin above the figure. Every row is asked: without a branch for the processor
        to mispredict that takes half as long as searching.
        """
        above = x.take(self._feature, axis=1) < self.begins
        above |= self._end
        found: Ints = (above[:, 1:] > above[:, :-1]).nonzero()[1]
        return found.reshape(x.shape)
