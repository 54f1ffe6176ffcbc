"""Why there was an alert, or none."""

from __future__ import annotations

import pytest
from support.timeline import at, run, settings, steady
from support.units import SHANGHAI

from stream.domain.state import Episode, Held, Profile, State, decode
from stream.engine.worker.why import standing, why
from stream.ops.why_view import lines
from stream.rules.registry import build, discover

NOON = at("2025-03-02 12:00").time
RULES = build(settings().rules, SHANGHAI)


def of(kind, state, time=NOON):
    [answer] = [answer for answer in why(state, RULES, (), time) if answer.kind == kind]
    return answer


def test_every_rule_answers_also_about_somebody_of_whom_little_is_known():
    answers = why(State(), RULES, ("a_rule_that_is_off",), NOON)
    assert {answer.kind for answer in answers} == set(discover()) | {"a_rule_that_is_off"}
    assert {answer.verdict for answer in answers} == {"quiet", "off"}
    assert all(answer.figures for answer in answers if answer.verdict == "quiet")


def test_an_open_warning_is_told_with_since_when():
    state = State(episodes={"balance_drop": Episode("e", NOON - 5000, NOON, 1, "high", NOON)})
    answer = of("balance_drop", state)
    assert (answer.verdict, answer.severity, answer.since) == ("open", "high", "2025-03-02T03:59:55.000Z")
    state.episodes["balance_drop"].shadow = True
    assert of("balance_drop", state).verdict == "on trial"


def test_what_was_held_back_last_is_told_with_its_stage_unless_one_has_ended_since():
    state = State(
        held={"balance_drop": Held("cool_down", NOON - 9, "medium")}, ended={"balance_drop": (NOON - 10, "low")}
    )
    answer = of("balance_drop", state)
    assert (answer.verdict, answer.stage, answer.severity) == ("held back", "cool_down", "medium")
    state.ended["balance_drop"] = (NOON - 8, "high")
    assert (of("balance_drop", state).verdict, of("balance_drop", state).severity) == ("over", "high")


def test_a_snooze_is_told_while_it_lasts_and_a_timer_while_it_runs():
    state = State(snoozed={"balance_drop": NOON + 1000}, timers={"balance_drop": NOON + 2000})
    answer = of("balance_drop", state)
    assert (answer.snoozed_until, answer.looks_again) == ("2025-03-02T04:00:01.000Z", "2025-03-02T04:00:02.000Z")
    assert of("balance_drop", state, NOON + 1000).snoozed_until is None


def test_what_holds_everything_back_is_told():
    assert standing(State(), NOON) == {}
    state = State(profile=Profile(no_retention_contact=True), left_at=NOON - 1, let_go=NOON + 1)
    assert set(standing(state, NOON)) == {"left", "no retention contact", "not worth keeping"}
    assert set(standing(state, NOON + 1)) == {"left", "no retention contact"}


def test_a_drop_that_was_not_large_enough_is_explained_by_its_figures():
    outcome = run(steady("c", 100_000), at("2025-03-02 10:00").balance("c", 90_000))
    assert outcome.story("balance_drop") == []
    answer = of("balance_drop", decode(outcome.states[b"c"]))
    assert answer.verdict == "quiet"
    assert (answer.figures["holdings"], answer.figures["floor"]) == (90_000, 100_000)
    assert answer.figures["fires_below"] == pytest.approx(70_000)


def test_a_person_reads_the_open_ones_first_and_every_stage_in_words():
    state = State(
        episodes={"serious_complaint": Episode("e", NOON, NOON, 1, "high", NOON)},
        held={"balance_drop": Held("no_retention_contact", NOON, "medium")},
    )
    answers = [{n: getattr(a, n) for n in a.__struct_fields__} for a in why(state, RULES, ("off_rule",), NOON)]
    answer = {"customer_id": "c\x1b[2J", "time": "now", "standing": {"left": "since then"}, "rules": answers}
    told = list(lines(answer))
    verdicts = [verdict for verdict, _ in told if verdict not in ("figures", "heading")]
    assert verdicts[:2] == ["open", "held back"]
    assert verdicts[-1] == "off"
    text = "\n".join(line for _, line in told)
    assert "held back at 2025-03-02T04:00:00.000Z (medium) by no_retention_contact: the customer wants no" in text
    assert "left: since then" in text
    assert "\x1b" not in text
    only = [line for verdict, line in lines(answer, "balance_drop") if verdict not in ("figures", "heading")]
    assert len(only) == 1


def test_what_waits_to_be_told_is_held_back_even_if_an_earlier_one_ended_later():
    episode = Episode("e", NOON - 9, NOON - 9, 0, "medium", NOON + 9, held="snooze")
    state = State(
        episodes={"balance_drop": episode},
        held={"balance_drop": Held("snooze", NOON - 9, "medium")},
        ended={"balance_drop": (NOON - 8, "high")},
    )
    answer = of("balance_drop", state)
    assert (answer.verdict, answer.stage, answer.severity) == ("held back", "snooze", "medium")
    del state.episodes["balance_drop"]
    assert of("balance_drop", state).verdict == "over"


def test_what_was_held_back_in_the_moment_another_ended_is_the_newer():
    state = State(held={"balance_drop": Held("silence", NOON, "low")}, ended={"balance_drop": (NOON, "high")})
    assert of("balance_drop", state).verdict == "held back"
