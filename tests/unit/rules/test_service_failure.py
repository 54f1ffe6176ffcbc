"""Incidents that repeat, by example."""

from __future__ import annotations

import pytest
from support.timeline import at, run

KIND = "service_failure"
START = at("2025-01-26 09:00")


def incidents(*days, cause="dropped_call", **fields):
    return [START.plus(days=day).service("c", "service_incident", cause=cause, **fields) for day in days]


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def test_three_incidents_within_a_week_open_without_a_complaint():
    [alert] = run(incidents(0, 2, 4)).alerts
    assert (alert["kind"], alert["state"], alert["severity"]) == (KIND, "opened", "medium")
    assert alert["evidence"]["observed"] == 3
    assert alert["evidence"]["days"] == 7
    assert alert["evidence"]["causes"] == "dropped_call × 3"
    assert alert["series"] == [["2025-01-26", 1], ["2025-01-28", 1], ["2025-01-30", 1]]
    assert "掉话 3 次" in alert["reason"]["zh"]
    assert "dropped call × 3" in alert["reason"]["en"]


def test_incidents_without_a_cause_count_too():
    assert story(incidents(0, 1, 2, cause=None)) == [("opened", "medium")]


def test_different_causes_count_together_and_are_named():
    outcome = run(incidents(0), incidents(1, 3, cause="failed_payment"))
    assert outcome.alerts[0]["evidence"]["causes"] == "failed_payment × 2, dropped_call × 1"


def test_two_incidents_are_silent():
    assert story(incidents(0, 1)) == []


def test_the_third_on_the_eighth_day_is_silent_and_the_fourth_within_a_month_is_not():
    assert story(incidents(0, 3, 7)) == []
    assert story(incidents(0, 3, 6.9)) == [("opened", "medium")]
    [alert] = run(incidents(0, 9, 18, 29)).alerts
    assert alert["evidence"]["days"] == 30
    assert story(incidents(0, 10, 20, 30)) == []


def test_a_burst_of_one_cause_is_one_incident():
    burst = [START.plus(minutes=n).service("c", "service_incident", cause="failed_payment") for n in range(8)]
    assert story(burst) == []
    assert story(burst, incidents(1, 2, cause="failed_payment")) == [("opened", "medium")]
    assert story(burst, rules={KIND: {"merge_min": 0}}) != []


def test_many_incidents_are_worse():
    assert story(incidents(0, 1, 2, 3, 4, 5)) == [
        ("opened", "medium"),
        *[("updated", "medium")] * 2,
        ("updated", "high"),
    ]


def test_it_resolves_after_the_quiet_days_by_itself():
    outcome = run(incidents(0, 1, 2), START.plus(days=16).passes())
    assert outcome.story() == [("opened", "medium"), ("resolved", "medium")]
    assert outcome.alerts[-1]["event_time"] == "2025-02-11T01:00:00.000Z"
    assert story(incidents(0, 1, 2), START.plus(days=15.9).passes()) == [("opened", "medium")]


def test_another_incident_puts_the_end_off():
    outcome = run(incidents(0, 1, 2, 10), START.plus(days=16).passes())
    assert ("resolved", "medium") not in outcome.story()
    assert run(incidents(0, 1, 2, 10), START.plus(days=24).passes()).story()[-1] == ("resolved", "medium")


def test_after_the_end_it_takes_as_many_again():
    quiet = incidents(0, 1, 2)
    assert story(quiet, incidents(31, 33))[-1] == ("resolved", "medium")
    assert story(quiet, incidents(31, 33, 35))[-1] == ("opened", "medium")


def test_a_resent_incident_counts_once():
    again = [START.plus(hours=6 * n).service("c", "service_incident", event_id="same") for n in range(5)]
    assert story(again) == []


def test_a_late_incident_counts_at_its_own_time():
    late = at("2025-01-27 09:00").arriving("2025-01-30 10:00").service("c", "service_incident", cause="long_queue")
    old = at("2024-11-27 09:00").arriving("2025-01-30 10:00").service("c", "service_incident", cause="long_queue")
    assert story(incidents(0, 4), late) == [("opened", "medium")]
    assert story(incidents(0, 4), old) == []


def test_other_service_events_are_no_incidents():
    assert story([START.plus(days=n).service("c", "plan_changed") for n in range(6)]) == []


@pytest.mark.parametrize(
    ("parameter", "value"), [("short_count", 4), ("short_days", 1), ("severe_count", 3), ("quiet_days", 20)]
)
def test_each_threshold_comes_from_the_configuration(parameter, value):
    parts = (incidents(0, 1, 2), START.plus(days=17).passes())
    assert story(*parts) == [("opened", "medium"), ("resolved", "medium")]
    assert story(*parts, rules={KIND: {parameter: value}}) != [("opened", "medium"), ("resolved", "medium")]


def test_the_long_window_comes_from_the_configuration():
    parts = incidents(0, 9, 18, 29)
    assert story(parts, rules={KIND: {"long_count": 5}}) == []
    assert story(parts, rules={KIND: {"long_days": 20}}) == []


@pytest.mark.parametrize(("gap", "found"), [(60, [("opened", "medium")]), (59.999, [])])
def test_incidents_of_one_cause_are_several_from_the_configured_gap_on(gap, found):
    three = [START.plus(minutes=n * gap).service("c", "service_incident", cause="failed_payment") for n in range(3)]
    assert story(three) == found
