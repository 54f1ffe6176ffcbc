"""The learner: every example once, scored before it is learned; what it publishes is what it says."""

from __future__ import annotations

import msgspec
import pytest
from support.examples import crossing, example, names, sloping, town

from models.learner import Learner, Refused
from models.snapshot import STACK
from stream.settings.model import Trainer

QUICK = Trainer(experts=("logistic",), window=1_000, publish_every=500)


def learner(settings=QUICK, width=6, **more):
    return Learner(settings, names(width), 1, **more)


def taught(examples, settings=QUICK):
    one = learner(settings, len(examples[0].features))
    for each in examples:
        one.take(each)
    return one


def test_it_learns_and_says_how_well():
    one = taught(town(3_000))
    snapshot = one.publish()
    quality = snapshot.quality["logistic"]
    assert quality.examples == quality.at_arrival == 1_000
    assert quality.roc_auc > 0.75
    assert quality.calibration_error < 0.06
    assert (snapshot.span.examples, snapshot.sequence, snapshot.version) == (3_000, 1, "m000001")
    assert snapshot.champion == STACK
    assert snapshot.made_at == 2_999 * 600_000 + 90 * 86_400_000
    assert set(snapshot.by_class) == {"a", "b", "c"}


def test_the_first_snapshot_is_due_soon_and_then_every_so_many_examples_learned():
    one = learner()
    due = [number for number, each in enumerate(town(1_600), start=1) if one.take(each) and one.publish()]
    assert due == [100, 500, 1_000, 1_500]


def test_no_snapshot_before_both_classes_were_seen_often_enough():
    one = learner()
    for number in range(400):
        one.take(example(number, [0.0] * 6, 0))
    assert one.publish() is None
    assert one.sequence == 0
    for number in range(400, 420):
        one.take(example(number, [1.0] * 6, 1))
    assert one.publish().sequence == 1


def test_the_same_examples_make_the_same_bytes():
    examples = town(1_500)
    first, second = (msgspec.json.encode(taught(examples).snapshot()) for _ in range(2))
    assert first == second
    assert msgspec.json.encode(taught(examples[::-1]).snapshot()) != first


def test_examples_of_other_outcomes_and_reports_are_counted_not_learned():
    one = taught(town(200))
    before = one.ledger.learned
    assert not one.take(example(900, [1.0] * 6, 0, learn=False, outcome="migrated"))
    assert not one.take(example(901, [1.0] * 6, 1, learn=False, outcome="left", report=True))
    assert one.ledger.learned == before
    assert one.ledger.taken == 202
    assert one.ledger.outcomes["migrated"] == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"feature_set": 2}, "feature-set"),
        ({"features": [1.0] * 5}, "features"),
        ({"features": [float("nan")] + [0.0] * 5}, "features"),
        ({"features": [float("inf")] + [0.0] * 5}, "features"),
        ({"label": 2}, "label"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_and_leaves_no_trace(change, reason):
    one, other = taught(town(300)), taught(town(300))
    with pytest.raises(Refused) as refused:
        one.take(msgspec.structs.replace(town(1, start=300)[0], **change))
    assert refused.value.reason == reason
    for each in town(200, start=300):
        one.take(each)
        other.take(each)
    assert msgspec.json.encode(one.snapshot()) == msgspec.json.encode(other.snapshot())


def test_what_was_said_at_the_cut_off_is_what_counts():
    one = learner()
    for number, each in enumerate(town(1_200)):
        good = 0.9 if each.label else 0.1
        one.take(msgspec.structs.replace(each, scores={"logistic": good}, version=f"m{number}"))
    quality = one.snapshot().quality
    assert quality["logistic"].roc_auc == 1.0
    assert quality["logistic"].at_arrival == 0
    assert quality[STACK].roc_auc == 1.0


def test_a_customer_known_already_is_not_judged_at_arrival():
    one = learner()
    for each in town(1_000):
        one.take(msgspec.structs.replace(each, customer_id=f"c{int(each.customer_id[1:]) % 300}"))
    assert one.ledger.learned == 1_000
    assert 150 <= one.judged <= 200  # of 300 customers those that came when there was something to say


def test_scores_that_are_no_probability_are_not_believed():
    one = learner()
    for each in town(200):
        one.take(msgspec.structs.replace(each, scores={"logistic": 7.0, "stranger": 0.5}))
    assert one.window.quality("logistic").examples == one.window.quality("logistic").at_arrival


def test_the_operators_choice_leads_while_it_can_and_the_snapshot_still_names_the_champion():
    one = taught(town(1_200))
    one.chosen = "logistic"
    assert one.leader() == "logistic"
    assert one.snapshot().champion == STACK
    assert one.snapshot().grades == one.grades("logistic")
    one.chosen = "booster"  # not learned here
    assert one.leader() == STACK


def test_a_changed_town_is_told():
    one = taught(town(4_000))
    assert [notice.kind for notice in one.notices] == []
    for each in town(2_000, start=4_000, logit=lambda x: -sloping(x) - 3):
        one.take(each)
    assert "loss" in {notice.kind for notice in one.notices}


def test_features_spread_otherwise_are_told_once():
    one = learner()
    for each in town(6_000):  # about six weeks of cut-offs
        if one.take(each):
            one.publish()
    assert [notice for notice in one.notices if notice.kind == "features"] == []
    for each in town(4_000, start=6_000):
        moved = [None if value is None else value + 2 * (place == 3) for place, value in enumerate(each.features)]
        if one.take(msgspec.structs.replace(each, features=moved)):
            one.publish()
    [told] = [notice for notice in one.notices if notice.kind == "features"]
    assert list(told.detail["shifted"]) == ["f3"]
    assert one.snapshot().shift["f3"] > 0.25


def test_the_grades_lie_where_the_budget_ends_and_where_a_warning_pays():
    one = taught(town(3_000))
    grades = one.snapshot().grades
    above = (one.window.scores(STACK) >= grades.near_churn).mean()
    assert above == pytest.approx(QUICK.alert_budget, abs=0.01)
    assert grades.churned >= max(0.8, grades.near_churn)


def test_a_straight_line_cannot_tell_what_only_crosses():
    one = taught(town(2_000, logit=crossing))
    assert one.snapshot().quality["logistic"].roc_auc < 0.6
