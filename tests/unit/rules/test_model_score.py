"""What the model's grade leads to, by example: scores of one day after another, told to the step."""

from __future__ import annotations

import pytest
from support.units import DAY, SHANGHAI, T0

from stream.domain.signals import Scored
from stream.domain.state import Score, State
from stream.domain.step import Step
from stream.policy.base import Moment
from stream.policy.pipeline import Pipeline
from stream.rules.model_score import ModelScore, ModelScoreParams


def scores(*said, step_days=7, **parameters):
    """Return the alerts after scores `(value, grade)` a week apart."""
    rules = [ModelScore(ModelScoreParams(**parameters), SHANGHAI)]
    core = Step(SHANGHAI, rules, Pipeline(rules, (), update_gap_h=24, expire_days=30))
    state, alerts = State(), []
    for number, (value, grade) in enumerate(said):
        time = T0 + number * step_days * DAY
        while state.due() and state.due() <= time:
            alerts += core.timers("c", state, Moment(state.due(), 0))
        state.score = Score(value, grade, time, "v7")
        alerts += core.tell("c", state, Scored(f"s{number}", time), Moment(time, 0))
    return alerts


def story(*said, **parameters):
    return [(alert.state, alert.severity) for alert in scores(*said, **parameters)]


NORMAL, NEAR, GONE = "normal", "near-churn", "churned"


def test_near_churn_opens_and_says_which_model_said_so():
    [alert] = scores((0.2, NORMAL), (0.72, NEAR))
    assert (alert.state, alert.severity) == ("opened", "high")
    assert alert.evidence == {"measure": "churn_score", "score": 0.72, "grade": NEAR, "version": "v7"}
    assert alert.causes == ["s1"]
    assert "72%" in alert.reason.zh
    assert "v7" in alert.reason.en


def test_churned_is_critical():
    assert story((0.95, GONE)) == [("opened", "critical")]


def test_it_rises_from_near_to_churned():
    assert story((0.7, NEAR), (0.95, GONE)) == [("opened", "high"), ("updated", "critical")]


def test_a_grade_that_stays_is_not_repeated_but_reminded_of():
    assert story(*[(0.7, NEAR)] * 4) == [("opened", "high")]
    assert story(*[(0.7, NEAR)] * 5) == [("opened", "high"), ("updated", "high")]  # the 28th day


def test_a_normal_grade_near_the_edge_does_not_resolve_it():
    assert story((0.62, NEAR), (0.58, NORMAL), (0.61, NEAR)) == [("opened", "high")]


@pytest.mark.parametrize(("value", "resolved"), [(0.52, True), (0.53, False)])
def test_a_normal_grade_well_under_the_opening_resolves_it(value, resolved):
    told = story((0.62, NEAR), (value, NORMAL))
    assert (told[-1] == ("resolved", "high")) is resolved


def test_a_score_under_the_margin_with_a_grade_that_is_not_normal_stays_open():
    assert story((0.95, GONE), (0.7, NEAR)) == [("opened", "critical")]


def test_without_a_model_nothing_is_said():
    rules = [ModelScore(ModelScoreParams(), SHANGHAI)]
    core = Step(SHANGHAI, rules, Pipeline(rules, (), update_gap_h=24, expire_days=30))
    assert core.tell("c", State(), Scored("s", T0), Moment(T0, 0)) == []
    assert "no model" in rules[0].look(State(), T0)["score"]


def test_a_normal_score_is_silent():
    assert story((0.1, NORMAL), (0.3, NORMAL)) == []


def test_a_score_of_a_newer_model_is_compared_with_the_opening_all_the_same():
    assert story((0.9, NEAR), (0.3, NORMAL), (0.8, NEAR)) == [
        ("opened", "high"),
        ("resolved", "high"),
        ("opened", "high"),
    ]


def test_the_margin_and_the_reminder_come_from_the_configuration():
    assert story((0.62, NEAR), (0.5, NORMAL), margin=0.2) == [("opened", "high")]
    assert story((0.7, NEAR), (0.7, NEAR), remind_days=7) == [("opened", "high"), ("updated", "high")]
