"""Prequential figures against scikit-learn's and against counting by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss

from models.prequential import measures
from models.prequential.ring import Ring
from models.prequential.window import Window


def test_figures_are_those_of_the_reference():
    rng = np.random.default_rng(3)
    scores = rng.uniform(0.01, 0.99, 500)
    labels = (rng.uniform(size=500) < scores).astype(float)
    found = measures.quality(labels, scores, 0.2)
    assert found.examples == 500
    assert found.base_rate == pytest.approx(labels.mean(), abs=1e-6)
    assert found.brier == pytest.approx(brier_score_loss(labels, scores), abs=1e-6)
    assert found.log_loss == pytest.approx(log_loss(labels, scores), abs=1e-6)
    top = np.argsort(-scores)[:50]
    assert found.lift == pytest.approx(labels[top].mean() / labels.mean(), abs=1e-6)
    budget = np.argsort(-scores)[:100]
    assert found.recall == pytest.approx(labels[budget].sum() / labels.sum(), abs=1e-6)
    assert found.precision == pytest.approx(labels[budget].mean(), abs=1e-6)
    assert found.calibration_error < 0.08


def test_roc_auc_is_the_chance_that_a_leaver_is_ranked_above_a_stayer():
    labels, scores = np.array([1.0, 0, 1, 0, 0]), np.array([0.9, 0.8, 0.5, 0.5, 0.1])
    # pairs (leaver, stayer): 0.9 beats all three; 0.5 loses, ties, wins
    assert measures.quality(labels, scores, 0.5).roc_auc == pytest.approx((3 + 1.5) / 6, abs=1e-6)


def test_average_precision_of_a_perfect_ranking_is_one_and_of_a_constant_the_base_rate():
    labels = np.array([1.0, 1, 0, 0, 0])
    assert measures.pr_auc(labels, np.array([5.0, 4, 3, 2, 1])) == 1.0
    assert measures.pr_auc(labels, np.full(5, 0.3)) == pytest.approx(0.4)


def test_ties_at_the_edge_of_the_budget_count_in_proportion_whatever_the_order():
    scores = np.array([0.9, *[0.5] * 4, *[0.1] * 5])
    labels = np.array([1.0, 1, 0, 0, 0, *[0.0] * 5])
    for order in (np.arange(10), np.arange(10)[::-1]):
        recall, precision = measures.at_budget(labels[order], scores[order], 0.3)
        assert recall == pytest.approx((1 + 2 * 0.25) / 2)  # one above, two of the four tied
        assert precision == pytest.approx(1.5 / 3)


def test_calibration_error_sees_what_is_too_sure():
    labels = np.array([1.0, 0] * 50)
    assert measures.calibration_error(labels, np.full(100, 0.5)) == pytest.approx(0.0)
    assert measures.calibration_error(labels, np.full(100, 0.9)) == pytest.approx(0.4)


def test_one_class_alone_has_no_ranking():
    found = measures.quality(np.zeros(10), np.full(10, 0.2), 0.1)
    assert (found.roc_auc, found.pr_auc, found.lift, found.recall) == (None, None, None, None)
    assert found.brier == pytest.approx(0.04)
    assert measures.quality(np.zeros(0), np.zeros(0), 0.1).examples == 0


def test_a_ring_keeps_the_last_rows_in_order():
    ring = Ring(300, 1)
    for number in range(1000):
        ring.push([number])
        assert len(ring) == min(number + 1, 300)
        assert ring.rows()[-1, 0] == number
    assert ring.rows()[:, 0].tolist() == list(range(700, 1000))


def test_candidates_are_compared_on_what_both_spoke_of():
    window = Window(["old", "new"], 100, 0.1)
    for number in range(60):
        window.push(number % 2, {"old": 0.5})  # before the other was there
    for number in range(40):
        window.push(number % 2, {"old": 0.5, "new": 0.9 if number % 2 else 0.1})
    assert window.lead("new", "old") == (0.5, 40)
    assert window.quality("new").examples == 40
    assert window.quality("old").examples == 100
    window.push(1, {"new": 0.1})
    assert window.lead("new", "old") == (0.5, 40)


def test_figures_are_kept_by_class_and_say_what_was_scored_late():
    window = Window(["one"], 100, 0.1)
    for number in range(90):
        group = ("vip", "mass", "")[number % 3]
        window.push(int(number % 9 == 0), {"one": 0.9 if number % 9 == 0 else 0.2}, group, at_arrival=number < 30)
    assert set(window.by_class("one")) == {"vip", "mass"}
    assert window.by_class("one")["vip"].roc_auc == 1.0
    assert window.by_class("one")["mass"].roc_auc is None
    assert window.quality("one").at_arrival == 30
    assert window.by_class("one")["vip"].at_arrival == 10


def test_what_has_left_the_window_counts_no_more():
    window = Window(["one"], 100, 0.1)
    for _ in range(100):
        window.push(1, {"one": 0.0001})
    for number in range(100):
        window.push(number % 2, {"one": 0.9 if number % 2 else 0.1})
    assert window.quality("one").roc_auc == 1.0
    assert window.quality("one").base_rate == 0.5
