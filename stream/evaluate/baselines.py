"""Models fitted in one go on the examples known by a date: what online learning has to measure up to."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from models.experts.columns import without_empty

Floats = NDArray[np.float64]
Labels = NDArray[np.int8]
Fitted = Callable[[Floats], Floats]
"""Rows of features, shape (n, features), NaN = missing, to the probability of churn, shape (n,)."""

SEED = 7


def logistic(rows: Floats, labels: Labels) -> Fitted:
    """Fit a logistic regression on standardised features; what is missing is the mean, and an indicator."""
    model = make_pipeline(
        SimpleImputer(add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(max_iter=500, C=1.0),
    )
    return _fitted(model, rows, labels)


def boosting(rows: Floats, labels: Labels) -> Fitted:
    """Fit gradient boosting on histograms (LightGBM's way, in scikit-learn)."""
    model = HistGradientBoostingClassifier(
        max_iter=200,
        learning_rate=0.05,
        max_leaf_nodes=31,
        min_samples_leaf=40,
        l2_regularization=1.0,
        random_state=SEED,
    )
    return _fitted(model, rows, labels)


BASELINES: dict[str, Callable[[Floats, Labels], Fitted]] = {
    "batch logistic": logistic,
    "batch boosting": boosting,
}


def _fitted(model: object, rows: Floats, labels: Labels) -> Fitted:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 500 rounds are as near as it matters
        model.fit(without_empty(rows), labels)  # type: ignore[attr-defined]

    def score(rows: Floats) -> Floats:
        found: Floats = model.predict_proba(rows)[:, 1]  # type: ignore[attr-defined]
        return found

    return score
