"""Complaints past their time limit, by example."""

from __future__ import annotations

import pytest
from support.timeline import at, run

KIND = "complaint_unanswered"
MONDAY = at("2025-03-10 10:00")
FRIDAY = at("2025-03-07 10:00")


def told(*parts, **sections):
    """Return (UTC day and hour, state, severity) of each alert; local time is eight hours ahead."""
    last = MONDAY.plus(days=20).passes()
    alerts = [a for a in run(*parts, last, **sections).alerts if a["kind"] == KIND]
    return [(a["event_time"][5:13], a["state"], a["severity"]) for a in alerts]


@pytest.mark.parametrize(
    ("severity", "due", "far", "first", "then"),
    [
        ("critical", "03-10T06", None, "critical", "critical"),
        ("high", "03-11T02", "03-12T02", "high", "critical"),
        ("medium", "03-12T02", "03-14T02", "medium", "high"),
        (None, "03-12T02", "03-14T02", "medium", "high"),
        ("low", "03-13T02", "03-18T02", "low", "medium"),
    ],
)
def test_each_severity_has_its_limit_and_twice_of_it_is_worse(severity, due, far, first, then):
    stories = told(MONDAY.complaint("c", "k", severity=severity))
    assert stories[0] == (due, "opened", first)
    assert stories[1:] == ([(far, "updated", then)] if far else [("03-10T10", "updated", "critical")])


def test_a_long_limit_leaves_the_weekend_out_and_a_short_one_does_not():
    assert told(FRIDAY.complaint("c", "k", severity="medium"))[0] == ("03-11T02", "opened", "medium")
    assert told(FRIDAY.complaint("c", "k", severity="high"))[0] == ("03-08T02", "opened", "high")
    by_the_clock = {"rules": {KIND: {"clock_h": 100}}}
    assert told(FRIDAY.complaint("c", "k", severity="medium"), **by_the_clock)[0][0] == "03-09T02"
    working = {"rules": {KIND: {"clock_h": 0}}}
    assert told(FRIDAY.complaint("c", "k", severity="high"), **working)[0][0] == "03-10T02"


def test_public_holidays_are_left_out_and_make_up_days_count():
    before_new_year = at("2025-01-26 10:00")  # a Sunday that is worked on; holidays from 28 January to 4 February
    alerts = run(before_new_year.complaint("c", "k", severity="medium"), at("2025-02-20 10:00").passes()).alerts
    opened = next(a for a in alerts if a["kind"] == KIND)
    assert opened["event_time"] == "2025-02-05T02:00:00.000Z"


def test_a_complaint_on_a_day_off_waits_from_the_next_working_day():
    saturday = at("2025-03-08 15:00")
    assert told(saturday.complaint("c", "k", severity="medium"))[0][0] == "03-11T16"  # local midnight, two days on


def test_the_limits_and_the_multiple_are_configured():
    section = {"rules": {KIND: {"high_h": 2, "far": 3}}}
    assert told(MONDAY.complaint("c", "k", severity="high"), **section) == [
        ("03-10T04", "opened", "high"),
        ("03-10T08", "updated", "critical"),
    ]


def test_the_figures_can_be_checked():
    alert = next(
        a
        for a in run(MONDAY.complaint("c", "k", severity="high"), MONDAY.plus(days=1.5).passes()).alerts
        if a["kind"] == KIND
    )
    assert alert["evidence"]["waited_h"] == 24
    assert alert["evidence"]["limit_h"] == 24
    assert alert["evidence"]["counted"] == "by the clock"
    assert alert["reason"]["en"] == "Complaint k (high) has waited 24 hours for an answer; the limit is 24."
    assert "高级投诉 k 已等待 24 小时" in alert["reason"]["zh"]


@pytest.mark.parametrize("answer", ["answered", "rejected", "closed"])
def test_an_answer_in_time_is_silent_and_a_late_one_resolves_it(answer):
    opened = MONDAY.complaint("c", "k", severity="high")
    assert told(opened, MONDAY.plus(hours=23.9).complaint("c", "k", answer)) == []
    assert told(opened, MONDAY.plus(hours=30).complaint("c", "k", answer)) == [
        ("03-11T02", "opened", "high"),
        ("03-11T08", "resolved", "high"),
    ]


def test_an_update_is_no_answer():
    update = MONDAY.plus(hours=2).complaint("c", "k", "updated")
    assert told(MONDAY.complaint("c", "k", severity="high"), update)[0] == ("03-11T02", "opened", "high")


@pytest.mark.parametrize("again", ["reopened", "disputed"])
def test_raised_again_it_waits_again_from_then_on(again):
    parts = [
        MONDAY.complaint("c", "k", severity="high"),
        MONDAY.plus(hours=2).complaint("c", "k", "closed", satisfied=True),
        MONDAY.plus(hours=5).complaint("c", "k", again),
    ]
    assert told(parts)[0] == ("03-11T07", "opened", "high")
    assert told(parts, MONDAY.plus(hours=9).complaint("c", "k", "answered")) == []


@pytest.mark.parametrize(("hours", "due"), [(1, "03-10T06"), (9, "03-10T11")])
def test_a_severity_that_rises_brings_the_limit_forward(hours, due):
    rises = MONDAY.plus(hours=hours).complaint("c", "k", "updated", severity="critical")
    assert told(MONDAY.complaint("c", "k", severity="low"), rises)[0] == (due, "opened", "critical")


def test_several_share_one_warning_that_ends_with_the_last_answer():
    parts = [
        MONDAY.complaint("c", "k1", severity="high"),
        MONDAY.plus(hours=1).complaint("c", "k2", severity="high"),
        MONDAY.plus(hours=26).complaint("c", "k1", "answered"),
    ]
    stories = [("03-11T02", "opened", "high"), ("03-11T03", "updated", "high")]
    assert told(parts)[:2] == stories
    assert told(parts, MONDAY.plus(hours=27).complaint("c", "k2", "answered")) == [
        *stories,
        ("03-11T05", "resolved", "high"),
    ]


def test_two_customers_wait_each_for_themselves():
    outcome = run(
        MONDAY.complaint("c", "k", severity="critical"),
        MONDAY.complaint("d", "k", severity="critical"),
        MONDAY.plus(hours=1).complaint("c", "k", "answered"),
        MONDAY.plus(hours=6).passes(),
    )
    assert outcome.story(KIND, "c") == []
    assert outcome.story(KIND, "d") == [("opened", "critical")]


def test_an_answer_that_arrives_before_its_opening_is_an_answer():
    late = MONDAY.arriving("2025-03-10 18:00").complaint("c", "k", severity="critical")
    assert told(MONDAY.plus(hours=2).complaint("c", "k", "answered"), late) == []


def test_a_late_answer_from_before_an_update_is_an_answer_and_one_from_before_a_dispute_is_none():
    opened = MONDAY.complaint("c", "k", severity="high")
    answer = MONDAY.plus(hours=2).arriving("2025-03-10 20:00").complaint("c", "k", "answered")
    assert told(opened, MONDAY.plus(hours=4).complaint("c", "k", "updated"), answer) == []
    assert told(opened, MONDAY.plus(hours=4).complaint("c", "k", "disputed"), answer)[0][0] == "03-11T06"


def test_the_same_opening_twice_and_a_customer_who_has_left():
    opened = MONDAY.complaint("c", "k", severity="critical")
    assert len(told(opened, opened)) == 2
    assert told(opened, MONDAY.plus(hours=1).service("c", "account_closed")) == []


def test_a_wish_for_no_retention_contact_does_not_hide_it():
    parts = [MONDAY.profile("c", no_retention_contact=True), MONDAY.complaint("c", "k", severity="critical")]
    assert told(parts)[0] == ("03-10T06", "opened", "critical")
