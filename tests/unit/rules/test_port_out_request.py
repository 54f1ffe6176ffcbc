"""Requests to leave, by example."""

from __future__ import annotations

import pytest
from support.timeline import at, run

KIND = "port_out_request"
NOON = at("2025-03-03 12:00")
PAIRS = [
    ("port_out_requested", "port_out_cancelled", "port_out_completed"),
    ("account_closing_requested", "account_closing_cancelled", "account_closed"),
]


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def orders(*hours, **fields):
    return [NOON.plus(hours=h).service("c", "standing_order_cancelled", **fields) for h in hours]


@pytest.mark.parametrize("request_", [pair[0] for pair in PAIRS])
def test_a_request_is_critical_at_once_and_due_in_two_hours(request_):
    outcome = run(NOON.profile("c", rm_id="r"), NOON.plus(hours=1).service("c", request_, event_id="ask"))
    [alert] = outcome.alerts
    assert (alert["kind"], alert["state"], alert["severity"]) == (KIND, "opened", "critical")
    assert alert["causes"] == ["ask"]
    assert alert["evidence"]["requests"] == [request_]
    assert alert["evidence"]["since"] == "2025-03-03"
    assert alert["next_step"]["due"] == "2025-03-03T07:00:00.000Z"


@pytest.mark.parametrize(("request_", "withdrawal", "_"), PAIRS)
def test_the_matching_withdrawal_resolves_it(request_, withdrawal, _):
    parts = [NOON.service("c", request_), NOON.plus(days=2).service("c", withdrawal, event_id="stay")]
    outcome = run(parts)
    assert outcome.story(KIND) == [("opened", "critical"), ("resolved", "critical")]
    assert outcome.alerts[-1]["causes"] == ["stay"]


@pytest.mark.parametrize(("request_", "other"), [(PAIRS[0][0], PAIRS[1][1]), (PAIRS[1][0], PAIRS[0][1])])
def test_the_withdrawal_of_something_else_does_not(request_, other):
    assert story(NOON.service("c", request_), NOON.plus(days=1).service("c", other)) == [("opened", "critical")]


@pytest.mark.parametrize(("request_", "withdrawal", "_"), PAIRS)
def test_a_late_withdrawal_of_an_earlier_request_does_not_resolve_the_new_one(request_, withdrawal, _):
    late = NOON.plus(hours=-5).arriving("2025-03-03 15:00").service("c", withdrawal)
    assert story(NOON.service("c", request_), late) == [("opened", "critical")]


@pytest.mark.parametrize(("request_", "withdrawal", "_"), PAIRS)
def test_a_request_that_arrives_after_its_withdrawal_is_silent(request_, withdrawal, _):
    late = NOON.arriving("2025-03-03 18:00").service("c", request_)
    assert story(NOON.plus(hours=2).service("c", withdrawal), late) == []


@pytest.mark.parametrize(("request_", "_", "completion"), PAIRS)
def test_its_completion_closes_it(request_, _, completion):
    outcome = run(NOON.service("c", request_), NOON.plus(days=1).service("c", completion))
    assert outcome.story(KIND) == [("opened", "critical"), ("closed", "critical")]


@pytest.mark.parametrize(("request_", "_", "completion"), PAIRS)
def test_a_request_that_arrives_after_its_completion_is_silent(request_, _, completion):
    late = NOON.arriving("2025-03-05 12:00").service("c", request_)
    assert story(NOON.plus(days=1).service("c", completion), late) == []


def test_a_completion_alone_and_a_withdrawal_alone_are_silent():
    assert story(NOON.service("c", "port_out_completed")) == []
    assert story(NOON.service("c", "port_out_cancelled")) == []


def test_two_requests_are_one_warning_that_ends_with_the_last_withdrawal():
    parts = [
        NOON.service("c", "port_out_requested"),
        NOON.plus(hours=3).service("c", "account_closing_requested"),
        NOON.plus(hours=5).service("c", "port_out_cancelled"),
    ]
    assert story(parts) == [("opened", "critical"), ("updated", "critical")]
    parts.append(NOON.plus(hours=7).service("c", "account_closing_cancelled"))
    assert story(parts)[-1] == ("resolved", "critical")


def test_the_same_request_said_again_says_nothing_new():
    again = NOON.plus(days=2).service("c", "port_out_requested")
    assert story(NOON.service("c", "port_out_requested"), again) == [("opened", "critical")]


def test_asked_again_after_a_withdrawal_it_opens_again_without_cool_down():
    parts = [
        NOON.service("c", "port_out_requested"),
        NOON.plus(hours=1).service("c", "port_out_cancelled"),
        NOON.plus(hours=2).service("c", "port_out_requested"),
    ]
    assert [state for state, _ in story(parts)] == ["opened", "resolved", "opened"]


def test_three_standing_orders_within_a_week_are_a_request_and_two_are_not():
    assert story(orders(0, 1)) == []
    outcome = run(orders(0, 1, 7 * 24))
    assert outcome.story(KIND) == [("opened", "critical")]
    assert outcome.alerts[0]["evidence"]["standing_orders_cancelled"] == 3
    assert "cancelled 3 standing orders within 7 days" in outcome.alerts[0]["reason"]["en"]
    assert "7 天内取消 3 笔" in outcome.alerts[0]["reason"]["zh"]


def test_three_standing_orders_over_more_than_a_week_are_housekeeping():
    assert story(orders(0, 1, 7 * 24 + 0.1)) == []
    assert story(orders(0, 24 * 5, 24 * 10, 24 * 15)) == []


def test_how_many_and_within_how_long_is_configured():
    section = {"rules": {KIND: {"bulk_count": 4, "bulk_days": 1}}}
    assert story(orders(0, 1, 2), **section) == []
    assert story(orders(0, 1, 2, 24), **section) == [("opened", "critical")]
    assert story(orders(0, 1, 2, 24.1), **section) == []


def test_standing_orders_count_whatever_their_cause_and_in_any_order():
    causes = [orders(0, cause="moved"), orders(1), orders(2, cause="bank")]
    assert story(causes) == [("opened", "critical")]
    late = NOON.plus(hours=-2).arriving("2025-03-04 12:00").service("c", "standing_order_cancelled")
    assert story(orders(0, 1), late) == [("opened", "critical")]


def test_the_same_cancellation_sent_three_times_is_one():
    line = orders(0)
    outcome = run(line, line, line)
    assert outcome.story(KIND) == []
    assert outcome.results["duplicate"] == 2


def test_a_withdrawal_answers_for_the_standing_orders_before_it_and_not_for_those_after_it():
    parts = [orders(0, 1, 2), NOON.plus(hours=3).service("c", "port_out_requested")]
    stays = NOON.plus(hours=30).service("c", "port_out_cancelled")
    assert story(parts, stays) == [("opened", "critical"), ("updated", "critical"), ("resolved", "critical")]
    assert story(parts, stays, orders(31, 32)) == story(parts, stays)
    assert story(parts, stays, orders(31, 32, 33))[-1] == ("opened", "critical")


def test_a_wish_for_no_retention_contact_does_not_hide_it():
    parts = [NOON.profile("c", no_retention_contact=True), NOON.plus(hours=1).service("c", "port_out_requested")]
    assert story(parts) == [("opened", "critical")]


def test_what_is_still_with_us_is_in_the_evidence():
    outcome = run(
        NOON.balance("c", 12_345),
        NOON.product("c", "product_opened", "p", amount=50_000),
        NOON.plus(hours=1).service("c", "account_closing_requested"),
    )
    [alert] = [a for a in outcome.alerts if a["kind"] == KIND]
    assert alert["evidence"]["holdings"] == 62_345
    assert alert["evidence"]["products"] == 1
    assert "what_zh" not in alert["evidence"]


def test_a_customer_who_came_back_and_asks_again_is_warned_about():
    parts = [
        NOON.service("c", "port_out_requested"),
        NOON.plus(days=1).service("c", "port_out_completed"),
        NOON.plus(days=9).product("c", "product_opened", "plan"),
        NOON.plus(days=20).service("c", "port_out_requested"),
    ]
    assert [state for state, _ in story(parts)] == ["opened", "closed", "opened"]
