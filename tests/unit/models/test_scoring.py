"""Scores of small models worked out by hand, grades, and reasons in words."""

from __future__ import annotations

import math
import random
import tracemalloc

import numpy as np
import pytest
from support.by_hand import evaluated, grown

from models.features.base import Feature
from models.features.sets import FEATURES
from models.scoring.contributions import log_odds, stretch
from models.scoring.forms import Forms
from models.scoring.grade import grade
from models.scoring.logit import LIMIT, logit, sigmoid
from models.scoring.reasons import UNKNOWN_EN, UNKNOWN_ZH, reasons, unlogged, words
from models.scoring.scorer import Scorer
from models.snapshot import SCHEMA, STACK, Expert, Forest, Grades, Linear, Snapshot, Span, Stack, Term, Tree

LINE = Linear(
    -1.0,
    {
        "a": Term(weight=2.0, mean=10.0, scale=4.0, missing=0.5, limit=2.0),
        "b": Term(edges=[0.0, 5.0], bins=[-1.0, 0.25, 1.0], missing=-0.5),
    },
)
STUMP = Tree([1, -1, -1], [3.0, 0, 0], [1, 0, 0], [2, 0, 0], [False] * 3, [0.4, 0.2, 0.8])
OTHER = Tree([0, -1, -1], [3.0, 0, 0], [1, 0, 0], [2, 0, 0], [True, False, False], [0.5, 0.1, 0.9])
FOREST = Forest("probability", 0.5, [STUMP, OTHER], [3.0, 1.0])


def published(champion, stack=None, line=LINE):
    return Snapshot(
        SCHEMA,
        "v",
        1,
        0,
        1,
        ["a", "b"],
        champion,
        {"line": Expert(line, 0.5, -0.2), "trees": Expert(FOREST)},
        stack,
        Grades(0.3, 0.8),
        Span(0, 0, 0, 0),
        {},
    )


def passed(form, x):
    """Return a form's total, the sum of its shares and its base."""
    forms = Forms([form], ["a", "b"])
    found = forms.judge([x])
    return found.totals[0][0], sum(forms.shares(found)[0, 0].tolist()), forms.bases[0]


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([10.0, 0.0], -1.0 + 0.25),
        ([14.0, -0.0001], -1.0 + 2.0 - 1.0),
        ([14.0, 4.9999], -1.0 + 2.0 + 0.25),
        ([1e9, 5.0], -1.0 + 4.0 + 1.0),
        ([-1e9, 5.0], -1.0 - 4.0 + 1.0),
        ([None, None], -1.0 + 0.5 - 0.5),
    ],
)
def test_a_line(x, expected):
    assert passed(LINE, x) == pytest.approx((expected, expected + 1.0, -1.0))


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([3.0, 3.0], 0.75 * 0.2 + 0.25 * 0.1),
        ([3.0001, 3.0001], 0.75 * 0.8 + 0.25 * 0.9),
        ([None, 3.0], 0.75 * 0.2 + 0.25 * 0.1),
        ([3.0, None], 0.75 * 0.8 + 0.25 * 0.1),
    ],
)
def test_trees_of_probabilities(x, expected):
    base = 0.75 * 0.4 + 0.25 * 0.5
    assert passed(FOREST, x) == pytest.approx((expected, expected - base, base))


def test_trees_of_log_odds_and_no_trees():
    forms = Forms([Forest("logit", -2.0, [STUMP, OTHER])], ["a", "b"])
    found = forms.judge([[3.0, 9.0]])
    assert found.totals[0] == pytest.approx([-2.0 + 0.8 + 0.1])
    assert forms.shares(found)[0, 0].tolist() == pytest.approx([-0.4, 0.4])
    assert passed(Forest("logit", -2.0, []), [1.0, 1.0]) == (-2.0, 0.0, -2.0)
    assert passed(Forest("probability", 0.25, []), [1.0, 1.0]) == (0.25, 0.0, 0.25)


def test_a_single_champion_is_calibrated():
    scorer = Scorer(published("line"))
    said = scorer.judge([10.0, 0.0])
    assert said.scores == {"line": pytest.approx(sigmoid(-0.75)), "trees": pytest.approx(0.375)}
    assert said.score == pytest.approx(sigmoid(0.5 * -0.75 - 0.2))
    assert scorer.base == pytest.approx(0.5 * -1.0 - 0.2)
    assert scorer.judge([14.0, 0.0]).contributions().tolist() == pytest.approx([1.0, 0.125])


def test_the_stack_and_an_operators_choice_of_champion():
    snapshot = published(STACK, Stack(0.1, {"line": 0.5, "trees": 0.0}))
    said = Scorer(snapshot).judge([10.0, 0.0])
    assert said.scores[STACK] == said.score == pytest.approx(sigmoid(0.1 - 0.5 * 0.575))
    other = Scorer(snapshot, "trees").judge([10.0, 0.0])
    assert other.score == pytest.approx(0.375)
    assert other.scores == said.scores
    with pytest.raises(KeyError):
        Scorer(snapshot, "nobody")
    with pytest.raises(KeyError):
        Scorer(published("line"), STACK)


def test_an_expert_too_sure_is_cut_and_its_shares_with_it():
    line = Linear(0.0, {"a": Term(weight=1000.0, mean=0.0), "b": Term(weight=-1.0)})
    said = Scorer(published("line", line=line)).judge([1.0, 500.0])
    assert said.score == pytest.approx(sigmoid(0.5 * LIMIT - 0.2))
    a, b = said.contributions().tolist()
    assert a + b == pytest.approx(0.5 * LIMIT)
    assert a / b == pytest.approx(-2.0)


BASES = (0.0, 1e-5, 1e-3, 0.3, 0.5, 0.9999, 1.0, -30.0, 9.5, 30.0)
STEPS = (0.0, 1e-17, -1e-13, 1e-9, -1e-7, 1e-5, 0.2, -0.4, 25.0)
STEPPED = [
    (base, base + step, chance)
    for base in BASES
    for step in STEPS
    for chance in (False, True)
    if not chance or 0 <= min(base, base + step) <= max(base, base + step) <= 1
]


@pytest.mark.parametrize(("base", "total", "chance"), STEPPED)
def test_shares_are_stretched_to_the_step_in_log_odds(base, total, chance):
    before, after = log_odds(base, chance), log_odds(total, chance)
    factor = stretch(base, total, chance, before, after)
    assert (total - base) * factor == pytest.approx(after - before, abs=1e-11)
    assert 0 <= factor <= 1 / 4e-5


def test_shares_that_cancel_out_are_still_told():
    """The step is nothing, or what rounding left of it: each share still counts as one so small would."""
    for total in (0.25, math.nextafter(0.25, 1)):
        assert stretch(0.25, total, True, logit(0.25), logit(total)) == pytest.approx(1 / (0.25 * 0.75))
        assert stretch(0.25, total, False, 0.25, total) == 1.0


def test_log_odds_and_back():
    for p in (1e-4, 0.2, 0.5, 0.99):
        assert sigmoid(logit(p)) == pytest.approx(p, abs=1e-15)
    assert logit(0.0) == -LIMIT == -logit(1.0)
    assert sigmoid(-1e6) == 0.0
    assert sigmoid(1e6) == 1.0


GRADES = Grades(near_churn=0.3, churned=0.8, hysteresis=0.8)


@pytest.mark.parametrize(
    ("score", "before", "expected"),
    [
        (0.2999, None, "normal"),
        (0.3, None, "near-churn"),
        (0.8, None, "churned"),
        (0.2999, "near-churn", "near-churn"),
        (0.24, "near-churn", "near-churn"),
        (0.2399, "near-churn", "normal"),
        (0.6401, "churned", "churned"),
        (0.6399, "churned", "near-churn"),
        (0.25, "churned", "near-churn"),
        (0.1, "churned", "normal"),
        (0.79, "near-churn", "near-churn"),
        (0.25, "normal", "normal"),
    ],
)
def test_a_grade_is_left_lower_than_it_is_entered(score, before, expected):
    assert grade(score, before, GRADES) == expected


def feature(name, *, log=False):
    return Feature(
        name, "days", "m", "s", log, f"{name}已{{value:.0f}}天", f"{name} for {{value:.0f}} days", lambda _: 0
    )


def test_reasons_are_what_adds_most_in_the_features_words():
    features = [feature("quiet", log=True), feature("young"), feature("poor")]
    shares = np.array([1.5, 0.5, -2.0])
    told = reasons(shares, [math.log1p(40), None, 3.0], features, 2)
    assert [reason.feature for reason in told] == ["quiet", "young"]
    assert told[0].en == "quiet for 40 days"
    assert told[0].zh == "quiet已40天"
    assert told[0].value == pytest.approx(40)
    assert (told[1].value, told[1].en, told[1].zh) == (None, f"young for {UNKNOWN_EN} days", f"young已{UNKNOWN_ZH}天")
    assert [reason.contribution for reason in told] == [1.5, 0.5]
    against = reasons(shares, [1.0, 2.0, 3.0], features, 5, towards=False)
    assert [reason.feature for reason in against] == ["poor"]
    assert [reason.feature for reason in reasons(np.array([1.0, 2.0, 1.0]), [1.0] * 3, features, 3)] == [
        "young",
        "quiet",
        "poor",
    ]
    assert reasons(np.zeros(3), [1.0] * 3, features, 3) == []


def test_a_figure_comes_back_from_its_logarithm_with_its_sign():
    assert unlogged(math.log1p(12.0)) == pytest.approx(12.0)
    assert unlogged(-math.log1p(12.0)) == pytest.approx(-12.0)
    assert unlogged(0.0) == 0.0


def test_every_feature_can_be_told_known_or_not():
    for one in FEATURES:
        for template, unknown in ((one.zh, UNKNOWN_ZH), (one.en, UNKNOWN_EN)):
            assert unknown in words(template, None, unknown)
            assert "{" not in words(template, 1.5, unknown) + words(template, None, unknown)


@pytest.mark.parametrize(
    ("trees", "leaves", "chain"), [(9_000, 2, False), (250, 54, True), (90, 200, False), (280, 53, True)]
)
def test_the_largest_forest_that_can_be_sent_takes_little_memory(trees, leaves, chain):
    rng = random.Random(trees)
    names = [f"f{number}" for number in range(112)]
    grid = [rng.gauss(0, 1) for _ in range(2_000)]
    forest = Forest("logit", 0.0, [grown(rng, leaves, 112, chain=chain, grid=grid) for _ in range(trees)])
    tracemalloc.start()
    forms = Forms([forest], names)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 12e6
    assert peak < 50e6
    x = [rng.gauss(0, 1) for _ in names]
    found = forms.judge([x])
    total, shares = evaluated(forest, x, names)
    assert found.totals[0] == pytest.approx([total])
    assert forms.shares(found)[0, 0].tolist() == pytest.approx(shares)
