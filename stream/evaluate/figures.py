"""Scores and labels into figures, by scikit-learn where it has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from stream.evaluate.report import Bin, Figures, Point

Floats = NDArray[np.float64]
Labels = NDArray[np.int8]

BINS = 10
FEWEST = 30
"""A part of the customers with fewer than these has figures that say nothing."""

_EPS = 1e-6
_POINTS = 50


def figures(scores: Floats, labels: Labels, budget: float) -> Figures:
    """Return the figures of scores (0 to 1) against labels (0, 1), both of shape (n,); `budget`: share alerted."""
    n, churned = len(labels), int(labels.sum())
    if not 0 < churned < n:
        return Figures(n, churned, churned / n if n else None, *[None] * 8)
    base = churned / n
    top = labels[_ranked(scores)]
    tenth, alerted = max(1, round(n / 10)), max(1, round(n * budget))
    hits = int(top[:alerted].sum())
    clipped = np.clip(scores, _EPS, 1 - _EPS)
    return Figures(
        n=n,
        churned=churned,
        base_rate=base,
        roc_auc=float(roc_auc_score(labels, scores)),
        pr_auc=float(average_precision_score(labels, scores)),
        lift=float(top[:tenth].mean() / base),
        recall=hits / churned,
        precision=hits / alerted,
        brier=float(brier_score_loss(labels, np.clip(scores, 0, 1))),
        log_loss=float(log_loss(labels, clipped)),
        calibration_error=sum(abs(b.score - b.churned) * b.n for b in calibration(scores, labels)) / n,
    )


def calibration(scores: Floats, labels: Labels) -> list[Bin]:
    """Return ten bins of equal size from the lowest score to the highest."""
    order = np.argsort(scores, kind="stable")
    parts = [part for part in np.array_split(order, BINS) if len(part)]
    return [Bin(len(part), float(scores[part].mean()), float(labels[part].mean())) for part in parts]


def gains(scores: Floats, labels: Labels) -> list[Point]:
    """Return the gains curve from nobody to everybody."""
    found = np.cumsum(labels[_ranked(scores)])
    n, total = len(labels), max(1, int(labels.sum()))
    places = sorted({round(n * step / _POINTS) for step in range(1, _POINTS + 1)} - {0})
    return [Point(0, 0), *(Point(place / n, float(found[place - 1] / total)) for place in places)]


def by_group(
    scores: Floats, labels: Labels, groups: Sequence[Mapping[str, str]], budget: float
) -> dict[str, dict[str, Figures]]:
    """Return the figures of every part that is large enough, by what divides the customers (class, tenure ...)."""
    found: dict[str, dict[str, Figures]] = {}
    for by in sorted({name for group in groups for name in group}):
        which = np.array([group.get(by, "") for group in groups])
        parts = {part: which == part for part in sorted(set(which.tolist()) - {""})}
        large = {part: mask for part, mask in parts.items() if mask.sum() >= FEWEST}
        if len(large) > 1:
            found[by] = {part: figures(scores[mask], labels[mask], budget) for part, mask in large.items()}
    return found


def _ranked(scores: Floats) -> NDArray[np.intp]:
    """Return the places from the highest score to the lowest; equals in their order."""
    return np.argsort(-scores, kind="stable")
