"""Population stability: whether features are spread as they were some weeks ago."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.prequential.ring import Floats, Ring

SHIFTED, SETTLED = 0.25, 0.1
"""Above the first a feature has shifted, under the second it is stable again (Siddiqi 2006)."""

_SAMPLE = 2_000
_LEAST = 500
_APART_MS = 28 * 86_400_000
_EMPTY = 1e-4
_DECILES = np.linspace(0.1, 0.9, 9)


class Shift:
    """Compares the features of late with those of four to eight weeks before, in the time of the cut-offs.

    Examples of one week alone are alike, however many there are: the sample compared with must be older.
    """

    def __init__(self, names: Sequence[str]) -> None:
        """`names`: of the features, in order."""
        self._names = tuple(names)
        self._recent = Ring(_SAMPLE, len(self._names))
        self._before: tuple[int, Floats] | None = None  # cut-off, rows
        self._next: tuple[int, Floats] | None = None
        self.indices: dict[str, float] = {}
        self.shifted: set[str] = set()

    def take(self, x: Sequence[float | None]) -> None:
        """Take the features of one example."""
        self._recent.push([np.nan if value is None else value for value in x])

    def look(self, cutoff: int) -> list[str]:
        """Compare, and return the features that have shifted since the last look, the most shifted first.

        `cutoff`: of the newest example, epoch ms.
        """
        rows = self._recent.rows()
        if len(rows) < _LEAST:
            return []
        if self._next is None or cutoff - self._next[0] >= _APART_MS:
            self._before, self._next = self._next, (cutoff, rows.copy())
        if self._before is None:
            return []
        self.indices = stability(rows, self._names, self._before[1])
        news = {name for name, value in self.indices.items() if value > SHIFTED} - self.shifted
        self.shifted = {name for name in self.shifted | news if self.indices[name] > SETTLED}
        return sorted(news, key=lambda name: -self.indices[name])

    def deciles(self) -> dict[str, list[float]]:
        """Return the deciles of the features of late."""
        return deciles(self._recent.rows(), self._names)


def deciles(rows: Floats, names: Sequence[str]) -> dict[str, list[float]]:
    """Return the nine inner deciles of each feature (NaN = missing); a feature that nobody had is left out."""
    found = {}
    for column, name in enumerate(names):
        known = rows[:, column]
        known = known[~np.isnan(known)]
        if len(known):
            found[name] = [round(float(value), 4) for value in np.quantile(known, _DECILES)]
    return found


def stability(rows: Floats, names: Sequence[str], before: Floats) -> dict[str, float]:
    """Return each feature's population stability index between two samples, missing as a bin of its own.

    Bins are the deciles of the sample before. Two samples of n and m of the same population differ by about
    `bins (1/n + 1/m)`.
    """
    return {name: _index(before[:, column], rows[:, column]) for column, name in enumerate(names)}


def _index(before: Floats, now: Floats) -> float:
    known = before[~np.isnan(before)]
    edges = np.unique(np.quantile(known, _DECILES)) if len(known) else np.empty(0)
    was, has = _shares(before, edges), _shares(now, edges)
    return round(float(np.sum((has - was) * np.log(has / was))), 4)


def _shares(column: Floats, edges: Floats) -> Floats:
    missing = np.isnan(column)
    # An edge belongs to the bin below it, so that a value which many share is not cut in two.
    places = np.searchsorted(edges, column[~missing], side="left")
    counts = np.bincount(places, minlength=len(edges) + 1)
    return np.maximum(np.append(counts, missing.sum()) / max(1, len(column)), _EMPTY)
