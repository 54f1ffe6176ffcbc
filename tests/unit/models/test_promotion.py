"""A challenger leads when it has been better long enough; equals do not take turns."""

from __future__ import annotations

import msgspec
from support.examples import names, town

from models.learner import Learner
from models.promotion import Promotion
from stream.settings.model import Trainer


def test_it_must_stay_ahead_for_so_many_examples():
    watch = Promotion(margin=0.02, after=1_000)
    assert watch.look({"new": 0.03}, 100) is None
    assert watch.look({"new": 0.03}, 1_099) is None
    assert watch.look({"new": 0.03}, 1_100) == "new"


def test_half_the_margin_goes_on_and_less_begins_anew():
    watch = Promotion(margin=0.02, after=1_000)
    watch.look({"new": 0.03}, 0)
    watch.look({"new": 0.011}, 500)
    assert watch.ahead_for("new", 500) == 500
    watch.look({"new": 0.009}, 600)
    assert watch.ahead_for("new", 600) == 0
    watch.look({"new": 0.015}, 700)  # not enough to begin
    assert watch.ahead_for("new", 700) == 0


def test_one_that_is_no_longer_judged_begins_anew():
    watch = Promotion(margin=0.02, after=100)
    watch.look({"new": 0.03}, 0)
    watch.look({}, 50)
    assert watch.look({"new": 0.03}, 100) is None


def test_of_several_the_one_furthest_ahead_leads():
    watch = Promotion(margin=0.01, after=100)
    watch.look({"a": 0.02, "b": 0.05}, 0)
    assert watch.look({"a": 0.02, "b": 0.05}, 100) == "b"


def test_level_is_not_ahead_even_with_no_margin():
    watch = Promotion(margin=0.0, after=10)
    watch.look({"same": 0.0}, 0)
    assert watch.look({"same": 0.0}, 100) is None


SETTINGS = Trainer(
    experts=("logistic", "tree"), champion="logistic", window=1_000, promote_after=400, promote_margin=0.02,
    auto_promote=True,
)  # fmt: skip


def judged(settings, better):
    """Return a learner that has seen one expert say the truth, nearly, and the other nothing of use."""
    learner = Learner(settings, names(), 1)
    for number, each in enumerate(town(2_000)):
        good, poor = (0.8 if each.label else 0.2), 0.5 + (number % 7) / 100
        scores = {"logistic": poor, "tree": good} if better == "tree" else {"logistic": good, "tree": poor}
        learner.take(msgspec.structs.replace(each, scores=scores, version="m000001"))
    return learner


def test_the_learner_promotes_by_itself_and_tells():
    learner = judged(SETTINGS, "tree")
    assert learner.champion in ("tree", "stack")
    [told] = [notice for notice in learner.notices if notice.kind == "promoted"]
    assert told.detail["from"] == "logistic"
    assert told.detail["pr_auc_ahead"] > 0.02


def test_without_leave_it_only_counts():
    learner = judged(SETTINGS.model_copy(update={"auto_promote": False}), "tree")
    assert learner.champion == "logistic"
    assert learner.promotion.ahead_for("tree", learner.judged) > 400


def test_a_good_champion_stays():
    learner = judged(SETTINGS, "logistic")
    assert learner.champion == "logistic"
    assert [notice for notice in learner.notices if notice.kind == "promoted"] == []
