"""Figures of how well scores tell leavers from stayers, on arrays of labels (0, 1) and probabilities.

Ranking by scikit-learn (ROC-AUC; PR-AUC as average precision, not the trapezoid, which flatters: Davis and Goadrich
2006). What is asked of a share of the customers (lift in the top decile, recall at the alert budget) counts ties at the
edge in proportion, so that it does not depend on the order of the examples. Calibration error is the expected one (ECE)
over bins of equal size (Nguyen and O'Connor 2015), which bins of equal width would leave empty at low base rates.
"""

from __future__ import annotations

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from models.prequential.ring import Floats
from models.snapshot import Quality

_BINS = 10
_EDGE = 1e-12
_DIGITS = 6


def quality(labels: Floats, scores: Floats, budget: float, at_arrival: int = 0) -> Quality:
    """Return every figure there is; ranking ones are `None` while only one class was seen.

    Args:
        labels: 1 = churned, shape (n,).
        scores: probabilities, shape (n,), none missing.
        budget: the share of customers that may be alerted.
        at_arrival: how many of the scores were made late, when the example arrived.
    """
    count = len(labels)
    if not count:
        return Quality(examples=0)
    base = float(labels.mean())
    figures: dict[str, float] = {
        "base_rate": base,
        "calibration_error": calibration_error(labels, scores),
        "brier": float(np.mean((scores - labels) ** 2)),
        "log_loss": log_loss(labels, scores),
    }
    if 0 < base < 1:
        recall, precision = at_budget(labels, scores, budget)
        figures |= {
            "roc_auc": float(roc_auc_score(labels, scores)),
            "pr_auc": pr_auc(labels, scores),
            "lift": at_budget(labels, scores, 0.1)[1] / base,
            "recall": recall,
            "precision": precision,
        }
    return Quality(
        examples=count, at_arrival=at_arrival, **{name: round(value, _DIGITS) for name, value in figures.items()}
    )


def pr_auc(labels: Floats, scores: Floats) -> float:
    """Return the average precision; both classes must be there."""
    return float(average_precision_score(labels, scores))


def at_budget(labels: Floats, scores: Floats, share: float) -> tuple[float, float]:
    """Return recall and precision when the `share` with the highest scores is alerted."""
    room = max(1.0, share * len(labels))
    edge = np.sort(scores)[-int(np.ceil(room))]
    above, tied = scores > edge, scores == edge
    caught = labels[above].sum() + (room - above.sum()) * labels[tied].mean()
    return float(caught / labels.sum()), float(caught / room)


def calibration_error(labels: Floats, scores: Floats) -> float:
    """Return the mean distance between what was said and what happened, over bins of equal size."""
    order = np.argsort(scores, kind="stable")
    parts = np.array_split(order, min(_BINS, len(order)))
    return float(sum(abs(labels[part].sum() - scores[part].sum()) for part in parts) / len(order))


def log_loss(labels: Floats, scores: Floats) -> float:
    """Return the mean negative log-likelihood, nats."""
    said = np.clip(np.where(labels > 0, scores, 1 - scores), _EDGE, 1)
    return float(-np.log(said).mean())
