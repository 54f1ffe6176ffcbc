"""Scores and labels into figures."""

import numpy as np
import pytest

from stream.evaluate.figures import by_group, calibration, figures, gains

SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1])
LABELS = np.array([1, 1, 0, 1, 0, 0, 0, 0, 0, 0], dtype=np.int8)


def test_a_ranking_worked_out_by_hand() -> None:
    found = figures(SCORES, LABELS, budget=0.2)
    assert (found.n, found.churned, found.base_rate) == (10, 3, 0.3)
    assert found.roc_auc == pytest.approx(20 / 21)  # one of 21 pairs stands the wrong way round
    assert found.pr_auc == pytest.approx((1 + 1 + 3 / 4) / 3)
    assert found.lift == pytest.approx(1 / 0.3)
    assert (found.recall, found.precision) == (pytest.approx(2 / 3), 1.0)
    assert found.brier == pytest.approx(np.mean((SCORES - LABELS) ** 2))


def test_scores_the_other_way_round_rank_the_other_way_round() -> None:
    assert figures(1 - SCORES, LABELS, 0.2).roc_auc == pytest.approx(1 / 21)


@pytest.mark.parametrize("label", [0, 1])
def test_where_all_are_alike_there_is_nothing_to_rank(label: int) -> None:
    found = figures(SCORES, np.full(10, label, dtype=np.int8), 0.2)
    assert found.churned == 10 * label
    assert found.roc_auc is None
    assert found.calibration_error is None


def test_nobody_at_all() -> None:
    assert figures(np.array([]), np.array([], dtype=np.int8), 0.2).base_rate is None


def test_calibration_has_bins_of_equal_size_from_low_to_high() -> None:
    rng = np.random.default_rng(3)
    scores = rng.random(1000)
    labels = (rng.random(1000) < scores).astype(np.int8)
    bins = calibration(scores, labels)
    assert [b.n for b in bins] == [100] * 10
    assert [b.score for b in bins] == sorted(b.score for b in bins)
    assert all(abs(b.score - b.churned) < 0.15 for b in bins)
    honest, boastful = figures(scores, labels, 0.1), figures(scores**0.3, labels, 0.1)
    assert honest.calibration_error is not None and boastful.calibration_error is not None
    assert honest.calibration_error < 0.05 < boastful.calibration_error
    assert boastful.roc_auc == pytest.approx(honest.roc_auc)  # the order is the same


def test_gains_go_from_nobody_to_everybody() -> None:
    points = gains(SCORES, LABELS)
    assert (points[0].share, points[0].churners) == (0, 0)
    assert (points[-1].share, points[-1].churners) == (1, 1)
    assert next(p.churners for p in points if p.share == 0.2) == pytest.approx(2 / 3)


def test_a_part_that_the_model_fails_is_seen() -> None:
    rng = np.random.default_rng(5)
    labels = (rng.random(400) < 0.4).astype(np.int8)
    good = np.arange(400) < 200
    scores = np.where(good, labels * 0.5 + rng.random(400) * 0.4, rng.random(400))
    groups = [{"region": "north" if one else "south", "few": "odd" if n < 5 else "usual"} for n, one in enumerate(good)]
    found = by_group(scores, labels, groups, 0.1)
    assert set(found) == {"region"}  # of the other there is only one part that is large enough
    assert found["region"]["north"].roc_auc == 1.0
    assert found["region"]["south"].roc_auc == pytest.approx(0.5, abs=0.12)
