"""Complaints that may cost the customer, by example."""

from __future__ import annotations

import pytest
from support.timeline import at, run

KIND = "serious_complaint"
NOON = at("2025-03-01 12:00")


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def alerts(outcome):
    return [alert for alert in outcome.alerts if alert["kind"] == KIND]


@pytest.mark.parametrize(
    ("given", "story_told"),
    [
        ("critical", [("opened", "critical")]),
        ("high", [("opened", "high")]),
        ("medium", []),
        ("low", []),
        (None, []),
    ],
)
def test_the_sources_own_severity_decides(given, story_told):
    assert story(NOON.complaint("c", "k", severity=given, text="the app is slow")) == story_told


def test_which_severities_are_serious_is_configured():
    serious = {"rules": {KIND: {"serious": ["medium"]}}}
    assert story(NOON.complaint("c", "k", severity="medium"), **serious) == [("opened", "medium")]
    assert story(NOON.complaint("c", "k", severity="high"), **serious) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I will go to the Ombudsman about this.", ["ombudsman"]),
        ("Expect a LAWSUIT.", ["lawsuit"]),
        ("I have told a journalist and my lawyer", ["journalist", "lawyer"]),
        ("please close my account today", ["close my account"]),
        ("再不处理我就向银保监投诉", ["银保监"]),
        ("我要起诉你们,并联系媒体曝光", ["起诉", "媒体", "曝光"]),
        ("马上给我销户!", ["销户"]),
        ("我要打12315", ["12315"]),
        ("要求携号转网", ["携号转网"]),
    ],
)
def test_words_of_escalation_make_it_high_with_the_words_as_evidence(text, words):
    outcome = run(NOON.complaint("c", "k", severity="low", text=text))
    assert outcome.story(KIND) == [("opened", "high")]
    [alert] = alerts(outcome)
    assert alert["evidence"]["words"] == words
    assert alert["evidence"]["given_severity"] == "low"
    assert all(word in alert["reason"]["en"] and word in alert["reason"]["zh"] for word in words)


@pytest.mark.parametrize(
    "text",
    [
        "I pursue a suedeshoe issue",  # `sue` inside of words
        "the courteous clerk",  # `court`
        "the pressure is high",  # `press`
        "rebbbate",
        "请问怎么开户",
    ],
)
def test_a_latin_word_matches_only_as_a_whole(text):
    assert story(NOON.complaint("c", "k", severity="low", text=text)) == []


def test_words_in_the_subject_count_and_do_not_run_into_the_text():
    assert story(NOON.complaint("c", "k", subject="Lawsuit", text="later")) == [("opened", "high")]
    assert story(NOON.complaint("c", "k", subject="law", text="suit")) == []


def test_words_raise_a_medium_and_never_lower_a_critical():
    assert story(NOON.complaint("c", "k", severity="critical", text="lawsuit")) == [("opened", "critical")]


def test_the_lexicon_is_configured():
    lexicon = {"rules": {KIND: {"words": {"leaving": ["auf wiedersehen"], "law": []}}}}
    assert story(NOON.complaint("c", "k", text="Auf Wiedersehen!"), **lexicon) == [("opened", "high")]


def test_the_second_complaint_in_thirty_days_is_serious():
    outcome = run(NOON.complaint("c", "k1", severity="low"), NOON.plus(days=30).complaint("c", "k2", severity="low"))
    assert outcome.story(KIND) == [("opened", "high")]
    [alert] = alerts(outcome)
    assert alert["evidence"]["complaints"] == 2
    assert "number 2 within 30 days" in alert["reason"]["en"]
    assert "第 2 次" in alert["reason"]["zh"]


def test_the_second_complaint_after_thirty_one_days_is_not():
    assert story(NOON.complaint("c", "k1"), NOON.plus(days=31).complaint("c", "k2")) == []


def test_an_update_of_the_first_is_no_second_complaint():
    parts = [NOON.complaint("c", "k1"), NOON.plus(days=2).complaint("c", "k1", "updated", text="still waiting")]
    assert story(parts) == []


def test_two_customers_do_not_add_up():
    assert run(NOON.complaint("c", "k1"), NOON.plus(days=1).complaint("d", "k2")).story(KIND) == []


def test_closed_to_the_customers_satisfaction_it_resolves():
    outcome = run(
        NOON.complaint("c", "k", severity="high"),
        NOON.plus(days=1).complaint("c", "k", "answered"),
        NOON.plus(days=2).complaint("c", "k", "closed", satisfied=True, event_id="end"),
    )
    assert outcome.story(KIND) == [("opened", "high"), ("resolved", "high")]
    assert alerts(outcome)[1]["causes"] == ["end"]


@pytest.mark.parametrize(
    ("status", "satisfied"),
    [("closed", None), ("closed", False), ("answered", True), ("answered", None), ("rejected", None)],
)
def test_nothing_less_than_closed_and_satisfied_resolves_it(status, satisfied):
    parts = [
        NOON.complaint("c", "k", severity="high"),
        NOON.plus(hours=1).complaint("c", "k", status, satisfied=satisfied),
    ]
    assert story(parts) == [("opened", "high")]


def test_it_resolves_only_when_every_complaint_behind_it_is_satisfied():
    parts = [
        NOON.complaint("c", "k1", severity="low"),
        NOON.plus(days=1).complaint("c", "k2", severity="low"),
        NOON.plus(days=2).complaint("c", "k2", "closed", satisfied=True),
    ]
    assert story(parts) == [("opened", "high")]
    parts.append(NOON.plus(days=3).complaint("c", "k1", "closed", satisfied=True))
    outcome = run(parts)
    assert outcome.story(KIND) == [("opened", "high"), ("resolved", "high")]
    assert alerts(outcome)[1]["evidence"]["complaints"] == ["k1", "k2"]


def test_a_complaint_that_was_settled_before_is_not_waited_for():
    parts = [
        NOON.complaint("c", "k1", severity="low"),
        NOON.plus(hours=2).complaint("c", "k1", "closed", satisfied=True),
        NOON.plus(days=1).complaint("c", "k2", severity="low"),
        NOON.plus(days=2).complaint("c", "k2", "closed", satisfied=True),
    ]
    assert story(parts) == [("opened", "high"), ("resolved", "high")]


def test_another_serious_complaint_joins_the_open_warning_and_must_be_settled_too():
    parts = [
        NOON.complaint("c", "k1", severity="high"),
        NOON.plus(days=1).complaint("c", "k2", severity="critical"),
        NOON.plus(days=2).complaint("c", "k1", "closed", satisfied=True),
    ]
    assert story(parts) == [("opened", "high"), ("updated", "critical")]
    parts.append(NOON.plus(days=3).complaint("c", "k2", "closed", satisfied=True))
    assert story(parts)[-1] == ("resolved", "critical")


def test_a_reopened_complaint_warns_anew():
    parts = [
        NOON.complaint("c", "k", severity="high"),
        NOON.plus(days=1).complaint("c", "k", "closed", satisfied=True),
        NOON.plus(days=1, hours=1).complaint("c", "k", "reopened"),
    ]
    assert story(parts) == [("opened", "high"), ("resolved", "high"), ("opened", "high")]


def test_an_update_that_raises_the_grade_opens_the_warning():
    parts = [
        NOON.complaint("c", "k", severity="low"),
        NOON.plus(hours=1).complaint("c", "k", "updated", severity="high"),
    ]
    assert story(parts) == [("opened", "high")]


def test_an_update_with_words_of_escalation_opens_the_warning():
    parts = [
        NOON.complaint("c", "k", severity="low"),
        NOON.plus(hours=1).complaint("c", "k", "updated", text="我找律师"),
    ]
    assert story(parts) == [("opened", "high")]


def test_a_disputed_complaint_keeps_its_grade():
    parts = [
        NOON.complaint("c", "k", severity="high"),
        NOON.plus(days=1).complaint("c", "k", "closed", satisfied=True),
        NOON.plus(days=2).complaint("c", "k", "disputed", severity="low"),
    ]
    assert story(parts)[-1] == ("opened", "high")


def test_the_polite_answer_of_a_small_complaint_is_silent():
    parts = [
        NOON.complaint("c", "k", severity="low", text="the form has a typo, thank you"),
        NOON.plus(days=1).complaint("c", "k", "closed", satisfied=True),
    ]
    assert story(parts) == []


def test_a_complaint_whose_first_news_is_its_end_is_silent():
    assert story(NOON.complaint("c", "k", "closed", severity="critical", satisfied=True)) == []
    assert story(NOON.complaint("c", "k", "answered", severity="critical")) == []


def test_an_opening_that_arrives_after_its_satisfied_end_is_silent():
    parts = [
        NOON.plus(days=1).complaint("c", "k", "closed", satisfied=True),
        NOON.arriving("2025-03-03 12:00").complaint("c", "k", severity="high"),
    ]
    assert story(parts) == []


def test_an_opening_that_arrives_after_an_unsatisfied_end_warns_all_the_same():
    parts = [
        NOON.plus(days=1).complaint("c", "k", "closed"),
        NOON.arriving("2025-03-03 12:00").complaint("c", "k", severity="high"),
    ]
    assert story(parts) == [("opened", "high")]


def test_a_late_update_does_not_undo_a_satisfied_end():
    parts = [
        NOON.complaint("c", "k", severity="high"),
        NOON.plus(days=2).complaint("c", "k", "closed", satisfied=True),
        NOON.plus(days=1).arriving("2025-03-04 12:00").complaint("c", "k", "updated", text="any news? lawyer!"),
    ]
    assert story(parts) == [("opened", "high"), ("resolved", "high")]


def test_the_same_opening_sent_twice_warns_once_and_is_no_second_complaint():
    line = NOON.complaint("c", "k", severity="high")
    outcome = run(line, line)
    assert outcome.story(KIND) == [("opened", "high")]
    assert outcome.results["duplicate"] == 1


@pytest.mark.parametrize("again", ["reopened", "disputed"])
def test_a_small_complaint_raised_by_its_words_is_serious_when_it_is_raised_again_without_a_word(again):
    parts = [
        NOON.complaint("c", "k", severity="low", text="I will call my lawyer"),
        NOON.plus(days=1).complaint("c", "k", "closed", satisfied=True),
        NOON.plus(days=2).complaint("c", "k", again),
    ]
    outcome = run(parts)
    assert outcome.story(KIND) == [("opened", "high"), ("resolved", "high"), ("opened", "high")]
    last = alerts(outcome)[-1]
    assert "raised again, with words of escalation before" in last["reason"]["en"]


def test_a_small_complaint_without_such_words_stays_small_when_it_is_reopened():
    parts = [
        NOON.complaint("c", "k", severity="low", text="a long queue"),
        NOON.plus(days=1).complaint("c", "k", "closed", satisfied=True),
        NOON.plus(days=2).complaint("c", "k", "reopened"),
    ]
    assert story(parts) == []


def test_two_complaints_that_arrive_in_reverse_order_are_two():
    late = NOON.arriving("2025-03-20 12:00").complaint("c", "k1", severity="low")
    assert story(NOON.plus(days=10).complaint("c", "k2", severity="low"), late) == [("opened", "high")]
    late = NOON.arriving("2025-04-20 12:00").complaint("c", "k1", severity="low")
    assert story(NOON.plus(days=31).complaint("c", "k2", severity="low"), late) == []


def test_one_that_lies_between_two_far_apart_is_the_second_and_not_the_third():
    parts = [NOON.complaint("c", "k1"), NOON.plus(days=50).complaint("c", "k3")]
    late = NOON.plus(days=25).arriving("2025-04-25 12:00").complaint("c", "k2")
    outcome = run(parts, late)
    assert outcome.story(KIND) == [("opened", "high")]
    assert alerts(outcome)[0]["evidence"]["complaints"] == 2
