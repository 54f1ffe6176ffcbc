"""Experts: what they learn, what they say before they have, and what is published of them."""

from __future__ import annotations

import math
import pickle
import random

import msgspec
import numpy as np
import pytest
from river import checks
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from support.learned import NAMES, SETUP, examples, learned, refit, retained, row

from models.experts import EXPERTS, UNWEIGHTED, build
from models.experts.base import Expert, Setup
from models.experts.bins import QuantileBins, edges
from models.experts.booster import MOST, exported
from models.experts.cuts import ranks
from models.experts.retained import MISSING, Retained
from models.experts.schedule import Settling
from models.experts.standard import StandardScores
from models.scoring.forms import Forms
from models.scoring.logit import sigmoid

EVERY = pytest.mark.parametrize("name", sorted(EXPERTS))
NOTHING = [None] * len(NAMES)


def made(name):
    return build([name], SETUP)[name]


def taught(expert, known):
    """Let an expert learn from what is known; one that is fitted as a whole is fitted after."""
    for x, y, weight in known:
        expert.learn(x, y, weight)
    return refit(expert, known)


@pytest.fixture(scope="module")
def grown():
    return learned(2_000)


@EVERY
def test_it_is_an_expert(name):
    assert isinstance(made(name), Expert)


@EVERY
def test_without_examples_it_does_not_know(name):
    for x in (NOTHING, row(random.Random(1), missing=0)):
        assert made(name).score(x) == pytest.approx(0.5)


@EVERY
@pytest.mark.parametrize("label", [0, 1])
def test_of_a_single_class_it_leans_there_and_is_never_quite_sure(name, label):
    expert = taught(made(name), [(x, label, 1.0) for x, _, _ in examples(200, 3)])
    for x in (NOTHING, *(x for x, _, _ in examples(50, 4))):
        score = expert.score(x)
        assert 0.0 < score < 1.0
        assert (score > 0.5) == bool(label)


@EVERY
def test_it_learns(name, grown):
    unseen = examples(800, 99)
    said = [grown[name].score(x) for x, _, _ in unseen]
    assert roc_auc_score([y for _, y, _ in unseen], said) > (0.75 if name == "tree" else 0.8)


@EVERY
def test_a_weight_counts_as_so_many_to_those_that_weigh(name):
    def of(weight):
        expert = taught(made(name), [(x, y, weight if y else 1.0) for x, y, _ in examples(600, 5)])
        return sum(expert.score(x) for x, _, _ in examples(200, 6)) / 200

    assert of(8.0) == of(1.0) if name in UNWEIGHTED else of(8.0) > of(1.0) + 0.05


@EVERY
def test_nothing_known_of_anybody_is_no_reason_to_fail(name):
    expert = taught(made(name), [(NOTHING, number % 2, 1.0) for number in range(120)])
    assert 0.3 < expert.score(NOTHING) < 0.7
    x, _, _ = examples(1, 8)[0]
    expert.learn(x, 1)
    assert 0.0 < expert.score(x) < 1.0


@EVERY
def test_a_figure_beyond_all_others_does_not_break_it(name, grown):
    for huge in (214_748.0, -214_748.0):
        x = [huge] * len(NAMES)
        assert 0.0 <= grown[name].score(x) <= 1.0
    expert = pickle.loads(pickle.dumps(grown[name]))
    expert.learn([214_748.0] * len(NAMES), 0)
    before, after = grown[name], expert
    moved = [abs(logit(before.score(x)) - logit(after.score(x))) for x, _, _ in examples(50, 12)]
    assert max(moved) < 1.0


def logit(p):
    return math.log(p / (1 - p))


@EVERY
def test_the_same_examples_give_the_same_form_and_a_pickle_goes_on_alike(name):
    one, two = learned(700, names=(name,))[name], learned(700, names=(name,))[name]
    three = pickle.loads(pickle.dumps(one))
    more = examples(300, 21)
    forms = {msgspec.json.encode(taught(expert, more).form()) for expert in (one, two, three)}
    assert len(forms) == 1


def test_a_score_does_not_change_what_is_learned(grown):
    for name, expert in grown.items():
        before = msgspec.json.encode(expert.form())
        for x, _, _ in examples(30, 31):
            expert.score(x)
        assert msgspec.json.encode(expert.form()) == before, name


@pytest.mark.parametrize("estimator", [StandardScores(), QuantileBins(first=5, seed=1)], ids=["scores", "bins"])
def test_rivers_own_checks_pass(estimator):
    checks.check_estimator(estimator)


# -- standard scores and steps --------------------------------------------------------------------------------------


def test_a_missing_figure_is_an_indicator_and_leaves_the_moments_alone():
    scores = StandardScores(limit=2.0)
    for value in (1.0, 3.0, None, float("nan")):
        scores.learn_one({"a": value})
    assert scores.moments.means["a"] == 2.0
    assert scores.transform_one({"a": None}) == {("missing", "a"): 1.0}
    assert scores.transform_one({"a": 3.0}) == {"a": 1.0}
    assert scores.transform_one({"a": 1e9}) == {"a": 2.0}
    assert scores.transform_one({"b": 1.0}) == {}


def test_steps_shrink_and_never_vanish():
    steps = Settling(start=0.02, half=100, floor=0.001)
    assert steps.get(0) == 0.02
    assert steps.get(100) == pytest.approx(0.01)
    assert steps.get(10**9) == 0.001


# -- bins -----------------------------------------------------------------------------------------------------------


def test_edges_part_values_into_equal_numbers():
    assert edges(range(100), 4) == [25, 50, 75]


def test_a_value_that_many_have_has_a_bin_to_itself():
    assert edges([0] * 60 + list(range(1, 41)), 5)[0] == 1
    assert edges([5] * 100, 5) == []
    assert edges([], 5) == []


def test_bins_stand_still_between_cuts_and_missing_has_its_own():
    bins = QuantileBins(bins=2, first=4, seed=1)
    for value in (1.0, 2.0, 3.0, 4.0):
        bins.learn_one({"a": value})
    assert bins.edges == {"a": [3.0]}
    for value in (50.0, 60.0, 70.0):
        bins.learn_one({"a": value})
    assert bins.edges == {"a": [3.0]}
    assert bins.transform_one({"a": 2.9999}) == {("a", 0): 1.0}
    assert bins.transform_one({"a": 3.0}) == {("a", 1): 1.0}
    assert bins.transform_one({"a": None, "b": 1.0}) == {("a", -1): 1.0, ("b", 0): 1.0}


def test_what_was_learned_is_carried_over_a_new_cut():
    expert = made("binned")
    cut = expert._bins.first * 4
    known = examples(cut - 1, 41)
    for x, y, weight in known:
        expert.learn(x, y, weight)
    probe = [x for x, _, _ in examples(300, 42)]
    before = [expert.score(x) for x in probe]
    expert.learn(*examples(1, 43)[0])
    assert expert._bins.cuts == 2
    assert np.corrcoef(before, [expert.score(x) for x in probe])[0, 1] > 0.95


# -- the booster ----------------------------------------------------------------------------------------------------


def test_what_is_exported_says_what_scikit_learn_says():
    ring = retained(examples(3_000, 51))
    rows, edges = ranks(ring.rows(), MISSING)
    model = HistGradientBoostingClassifier(max_iter=30, max_leaf_nodes=8, random_state=1).fit(rows, ring.labels())
    ours = Forms([exported(model, edges)], NAMES)
    for x, theirs in zip(ring.figures(), model.predict_proba(rows)[:, 1], strict=True):
        row = [None if v != v else v for v in x.tolist()]
        assert sigmoid(ours.judge([row]).totals[0][0]) == pytest.approx(theirs, abs=1e-9)


def test_ranks_part_values_where_edges_do():
    values = np.array([[5], [7], [7], [MISSING], [9]], np.int32)
    found, edges = ranks(np.hstack([values, np.full_like(values, MISSING)]), MISSING)
    assert found[:, 0].tolist()[:3] == [0, 1, 1] and found[4, 0] == 2 and np.isnan(found[3, 0])
    assert edges[0].tolist() == [5, 7]
    assert found[:, 1].tolist() == [0] * 5  # nobody has it
    many, (cuts,) = ranks(np.arange(10_000, dtype=np.int32)[:, None], MISSING)
    assert len(cuts) == 254
    assert np.bincount(many[:, 0].astype(int)).min() >= 39


def test_a_split_of_known_from_missing_is_published():
    rng = random.Random(3)
    known = [
        ([None if number % 2 else 1.0, *[round(rng.random(), 4) for _ in NAMES[1:]]], number % 2, 1.0)
        for number in range(800)
    ]
    booster = taught(made("booster"), known)
    assert booster.score([None, *[0.5] * 7]) > 0.9 > 0.1 > booster.score([1.0, *[0.5] * 7])
    assert all(math.isfinite(t) for tree in booster.form().trees for t in tree.threshold)


def test_too_few_of_a_class_are_not_fitted_to():
    booster = made("booster")
    known = [(x, int(number < 15), 1.0) for number, (x, _, _) in enumerate(examples(300, 61))]
    taught(booster, known)
    assert booster.fit(retained(known)) is None
    assert booster.score(NOTHING) == pytest.approx(16 / 302)


def test_a_fit_changes_nothing_until_it_is_adopted():
    known = examples(600, 71)
    booster = taught(made("booster"), known[:300])
    before = booster.score(known[0][0])
    fitted = booster.fit(retained(known))
    assert booster.score(known[0][0]) == before
    assert (booster.fitted, fitted.examples) == (300, 600)
    booster.adopt(pickle.loads(pickle.dumps(fitted)))
    assert booster.fitted == 600
    assert booster.score(known[0][0]) != before


def test_what_matters_together_is_for_the_deep_one():
    rng = np.random.default_rng(6)
    rows = rng.normal(size=(5_000, len(NAMES))).round(1)
    odds = 1.5 * (np.sign(rows[:, 0] * rows[:, 1] * rows[:, 2]) + np.sign(rows[:, 3] * rows[:, 4]))
    labels = (odds + rng.logistic(size=len(rows)) > 0).astype(int)
    ring = Retained(len(NAMES), 4_000)
    for x, y in zip(rows[:4_000].tolist(), labels[:4_000].tolist(), strict=True):
        ring.keep(x, y)
    found = {}
    for name in ("booster", "deep_booster"):
        expert = made(name)
        expert.adopt(expert.fit(ring))
        found[name] = roc_auc_score(labels[4_000:], [expert.score(x) for x in rows[4_000:].tolist()])
    assert found["deep_booster"] > found["booster"] + 0.05


def test_of_very_many_examples_so_many_are_drawn_and_the_same_each_time():
    rng = np.random.default_rng(2)
    ring = Retained(1, 2 * MOST)
    for value in rng.normal(size=MOST + 1_000).round(2).tolist():
        ring.keep([value], int(value > 0))
    booster = EXPERTS["booster"](Setup(("one",)))
    one, two = booster.fit(ring), booster.fit(ring)
    assert one.examples == MOST
    assert one == two


# -- the retained ---------------------------------------------------------------------------------------------------


def test_the_oldest_give_way_and_figures_come_out_as_they_went_in():
    ring = Retained(2, 1_500)
    rng = random.Random(4)
    rows = [[round(rng.gauss(0, 10 ** rng.randrange(5)), 4), None] for _ in range(4_000)]
    for number, x in enumerate(rows):
        ring.keep(x, number % 2)
    kept = ring.copy()
    assert len(ring) == len(kept) == 1_500
    assert kept.figures()[:, 0].tolist() == [x[0] for x in rows[-1_500:]]
    assert np.isnan(kept.figures()[:, 1]).all()
    assert kept.labels().tolist() == [number % 2 for number in range(2_500, 4_000)]
    ring.keep([1.0, 2.0], 1)
    assert kept.figures()[0, 0] == rows[2_500][0]
    assert ring.copy().figures()[-1].tolist() == [1.0, 2.0]
    assert ring.copy().figures()[0, 0] == rows[2_501][0]


def test_an_empty_ring_is_empty():
    assert len(Retained(3, 10).copy()) == 0
    assert Retained(3, 10).figures().shape == (0, 3)
