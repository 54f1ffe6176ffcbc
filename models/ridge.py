"""Logistic regression of a few coefficients: a prior for each, a lower bound for each, weighted rows."""

from __future__ import annotations

import numpy as np

from models.prequential.ring import Floats

_ROUNDS = 25
_SWEEPS = 60
_HALVINGS = 20
_CLOSE = 1e-7  # what is published is rounded to six digits


def fit(
    rows: Floats,
    labels: Floats,
    weights: Floats,
    prior: Floats,
    precision: Floats,
    lower: Floats,
    start: Floats | None = None,
) -> Floats:
    """Return the coefficients that minimise weighted log loss plus half `precision * (coefficient - prior)^2`.

    Newton's method; each step's quadratic is solved under the bounds by cyclic coordinate descent, which is exact for
    a positive definite one, and cut in half until the objective falls.

    Args:
        rows: shape (n, d); a constant has a column of ones.
        labels: 0 or 1, shape (n,).
        weights: shape (n,), not negative.
        prior: where the coefficients are drawn to, shape (d,), not below `lower`.
        precision: how strongly, shape (d,), positive.
        lower: none falls below it, shape (d,); -inf = free.
        start: coefficients near the answer, not below `lower`, to be there sooner.
    """
    now = (prior if start is None else start).copy()
    value = _objective(now, rows, labels, weights, prior, precision)
    for _ in range(_ROUNDS):
        said = _sigmoid(rows @ now)
        gradient = rows.T @ (weights * (said - labels)) + precision * (now - prior)
        curve = (rows * (weights * said * (1 - said))[:, None]).T @ rows + np.diag(precision)
        step = _bounded_step(gradient, curve, lower - now)
        if np.abs(step).max() < _CLOSE:
            break
        for _ in range(_HALVINGS):
            then = _objective(now + step, rows, labels, weights, prior, precision)
            if then <= value:
                break
            step = step / 2
        else:
            break
        now, value = now + step, then
    return now


def _bounded_step(gradient: Floats, curve: Floats, lower: Floats) -> Floats:
    """Return what minimises `gradient . s + s . curve . s / 2` with every s not below `lower`."""
    step = np.zeros_like(gradient)
    for _ in range(_SWEEPS):
        moved = 0.0
        for k in range(len(step)):
            slope = gradient[k] + curve[k] @ step
            wanted = max(lower[k], step[k] - slope / curve[k, k])
            moved = max(moved, abs(wanted - step[k]))
            step[k] = wanted
        if moved < _CLOSE:
            break
    return step


def _objective(now: Floats, rows: Floats, labels: Floats, weights: Floats, prior: Floats, precision: Floats) -> float:
    logits = rows @ now
    losses = np.logaddexp(0, logits) - labels * logits
    return float(weights @ losses + 0.5 * precision @ (now - prior) ** 2)


def _sigmoid(logits: Floats) -> Floats:
    return 0.5 * (1 + np.tanh(0.5 * logits))
