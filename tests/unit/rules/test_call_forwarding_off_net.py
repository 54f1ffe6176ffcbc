"""Calls forwarded to another network, by example."""

from __future__ import annotations

import pytest
from support.timeline import at, run, steady

KIND = "call_forwarding_off_net"
NOON = at("2025-03-01 12:00")
PREFIXES = {"business": {"network_prefixes": {"+86": "other", "+86134": "own", "+86130": "unicom"}}}


def story(*parts, **sections):
    return run(*parts, **sections).story(KIND, "c")


def test_unconditional_forwarding_to_another_network_is_critical():
    outcome = run(NOON.forwarding("c", "unconditional", "rival", "+8613012345678", event_id="f"))
    [alert] = outcome.alerts
    assert (alert["kind"], alert["state"], alert["severity"]) == (KIND, "opened", "critical")
    assert alert["event_time"] == "2025-03-01T04:00:00.000Z"
    assert alert["causes"] == ["f"]
    assert alert["evidence"]["network"] == "rival"
    assert alert["evidence"]["state"] == "unconditional"


@pytest.mark.parametrize("state", ["conditional_busy", "conditional_not_reachable", "conditional_no_answer"])
def test_conditional_forwarding_is_a_medium_warning(state):
    assert story(NOON.forwarding("c", state, "rival")) == [("opened", "medium")]


def test_the_evidence_holds_two_digits_and_never_the_number():
    outcome = run(NOON.forwarding("c", "unconditional", "rival", "+8613012345678"))
    text = str(outcome.alerts)
    assert outcome.alerts[0]["evidence"]["digits"] == "78"
    assert "345678" not in text
    assert b"345678" not in b"".join(outcome.states.values())


def test_the_next_step_says_not_to_call_the_forwarded_number():
    [alert] = run(NOON.forwarding("c", "unconditional", "rival")).alerts
    assert "Do not verify by calling the forwarded number" in alert["next_step"]["en"]
    assert "请勿拨打被转移的号码" in alert["next_step"]["zh"]
    assert alert["next_step"]["due"] == "2025-03-01T08:00:00.000Z"


def test_forwarding_within_our_own_network_is_silent():
    assert story(NOON.forwarding("c", "unconditional", "own", "+8613012345678")) == []


def test_several_networks_may_be_ours():
    ours = {"business": {"own_networks": ["own", "sister"]}}
    assert story(NOON.forwarding("c", "unconditional", "sister"), **ours) == []
    assert story(NOON.forwarding("c", "unconditional", "sister")) == [("opened", "critical")]


@pytest.mark.parametrize("state", ["inactive"])
def test_cleared_forwarding_without_a_warning_is_silent(state):
    assert story(NOON.forwarding("c", state)) == []


def test_the_network_of_a_number_comes_from_the_longest_prefix_where_the_event_names_none():
    assert story(NOON.forwarding("c", "unconditional", number="+86 134 0000 0000"), **PREFIXES) == []
    outcome = run(NOON.forwarding("c", "unconditional", number="+86 130-0000-0000"), **PREFIXES)
    assert outcome.alerts[0]["evidence"]["network"] == "unicom"
    outcome = run(NOON.forwarding("c", "unconditional", number="+8615500000000"), **PREFIXES)
    assert outcome.alerts[0]["evidence"]["network"] == "other"


def test_the_events_own_network_wins_over_the_prefix():
    assert story(NOON.forwarding("c", "unconditional", "own", "+8613000000000"), **PREFIXES) == []


@pytest.mark.parametrize("number", [None, "+4912345", ""])
def test_where_nothing_says_which_network_it_is_there_is_no_warning(number):
    assert story(NOON.forwarding("c", "unconditional", number=number), **PREFIXES) == []


def test_clearing_resolves_the_warning():
    outcome = run(
        NOON.forwarding("c", "unconditional", "rival"), NOON.plus(hours=2).forwarding("c", "inactive", event_id="off")
    )
    assert outcome.story() == [("opened", "critical"), ("resolved", "critical")]
    assert outcome.alerts[1]["causes"] == ["off"]


def test_moving_it_to_our_own_network_resolves_the_warning():
    parts = [NOON.forwarding("c", "unconditional", "rival"), NOON.plus(hours=2).forwarding("c", "unconditional", "own")]
    assert story(parts) == [("opened", "critical"), ("resolved", "critical")]


def test_from_conditional_to_unconditional_the_severity_rises_in_one_episode():
    outcome = run(
        NOON.forwarding("c", "conditional_busy", "rival"),
        NOON.plus(minutes=5).forwarding("c", "unconditional", "rival"),
    )
    assert outcome.story() == [("opened", "medium"), ("updated", "critical")]
    assert len({alert["episode_id"] for alert in outcome.alerts}) == 1


def test_from_unconditional_to_conditional_it_stays_as_severe_and_says_nothing():
    parts = [
        NOON.forwarding("c", "unconditional", "rival"),
        NOON.plus(minutes=5).forwarding("c", "conditional_busy", "rival"),
    ]
    outcome = run(parts)
    assert outcome.story() == [("opened", "critical")]
    assert outcome.suppressed["dedup", KIND] == 1


def test_the_same_forwarding_said_twice_warns_once():
    again = NOON.plus(minutes=5).forwarding("c", "unconditional", "rival")
    assert story(NOON.forwarding("c", "unconditional", "rival"), again) == [("opened", "critical")]


def test_it_opens_anew_after_it_was_cleared_without_any_cool_down():
    parts = [
        NOON.forwarding("c", "unconditional", "rival"),
        NOON.plus(minutes=5).forwarding("c", "inactive"),
        NOON.plus(minutes=9).forwarding("c", "unconditional", "rival"),
    ]
    outcome = run(parts)
    assert [state for state, _ in outcome.story()] == ["opened", "resolved", "opened"]
    assert len({alert["episode_id"] for alert in outcome.alerts}) == 2


def test_late_news_of_an_older_forwarding_changes_nothing():
    late = NOON.plus(hours=-3)
    parts = [NOON.forwarding("c", "inactive"), late.arriving("2025-03-01 13:00").forwarding("c", "unconditional", "r")]
    assert story(parts) == []


def test_a_late_clearing_of_an_older_forwarding_does_not_resolve_the_newer_one():
    late = NOON.plus(hours=-3)
    parts = [NOON.forwarding("c", "unconditional", "r"), late.arriving("2025-03-01 13:00").forwarding("c", "inactive")]
    assert story(parts) == [("opened", "critical")]


def test_other_service_events_say_nothing():
    parts = [NOON.forwarding("c", "unconditional", "rival"), NOON.plus(days=2).service("c", "renewal_due")]
    assert story(parts) == [("opened", "critical")]


def test_a_large_outflow_before_it_makes_it_a_case_for_fraud_at_once():
    outcome = run(
        NOON.balance("c", 40_000),
        NOON.plus(hours=1).pays("c", 20_000, event_id="out"),
        NOON.plus(hours=2).forwarding("c", "conditional_busy", "rival", event_id="f"),
    )
    assert outcome.story(KIND) == [("opened", "critical")]
    [alert] = [a for a in outcome.alerts if a["kind"] == KIND]
    assert alert["routes"] == ["unassigned", "fraud"]
    assert alert["causes"] == ["f", "out"]
    assert alert["evidence"]["outflow"] == 20_000
    assert "20,000 CNY" in alert["reason"]["en"]


def test_a_large_outflow_after_it_routes_the_open_warning_to_fraud_as_well():
    outcome = run(
        steady("c", 40_000, first="2025-02-01", days=3),
        NOON.forwarding("c", "unconditional", "rival"),
        NOON.plus(hours=5).pays("c", 20_000, event_id="out"),
    )
    assert outcome.story(KIND) == [("opened", "critical"), ("updated", "critical")]
    first, second = outcome.alerts
    assert first["routes"] == ["unassigned"]
    assert second["routes"] == ["unassigned", "fraud"]
    assert "out" in second["causes"]


def test_a_warning_that_went_to_fraud_says_so_once():
    parts = [
        NOON.forwarding("c", "unconditional", "rival"),
        NOON.plus(hours=5).pays("c", 20_000),
        NOON.plus(hours=6).pays("c", 20_000),
    ]
    assert story(parts) == [("opened", "critical"), ("updated", "critical")]


@pytest.mark.parametrize(
    ("held", "amount", "hours", "fraud"),
    [
        (0, 4_999, 1, False),  # under the amount that is large
        (0, 5_000, 1, True),
        (100_000, 29_000, 1, False),  # under the share of what was held
        (60_000, 30_000, 1, True),
        (0, 20_000, 72, True),
        (0, 20_000, 73, False),  # too far away
        (0, 20_000, -72, True),
        (0, 20_000, -73, False),
    ],
)
def test_an_outflow_is_large_and_near_or_it_is_none(held, amount, hours, fraud):
    parts = [
        NOON.plus(days=-6).balance("c", held),
        NOON.plus(hours=hours).pays("c", amount),
        NOON.forwarding("c", "unconditional", "rival"),
        NOON.plus(days=4).passes(),
    ]
    routes = {name for alert in run(parts).alerts if alert["kind"] == KIND for name in alert["routes"]}
    assert ("fraud" in routes) == fraud


def test_small_outflows_together_are_a_large_one():
    parts = [NOON.plus(hours=n).pays("c", 2_000) for n in (-3, -2, -1)]
    outcome = run(parts, NOON.forwarding("c", "unconditional", "rival"))
    assert outcome.alerts[0]["routes"] == ["unassigned", "fraud"]


def test_money_to_ourselves_is_no_outflow():
    parts = [NOON.forwarding("c", "unconditional", "rival"), NOON.plus(hours=1).pays("c", 50_000, to="own")]
    assert story(parts) == [("opened", "critical")]


def test_a_purchase_after_the_case_was_closed_does_not_open_it_again():
    parts = [NOON.pays("c", 20_000), NOON.plus(hours=1).forwarding("c", "unconditional", "rival")]
    [opened] = [a for a in run(parts).alerts if a["kind"] == KIND]
    parts += [
        NOON.plus(hours=2).feedback("c", opened["episode_id"], "outcome", outcome="false_alarm"),
        NOON.plus(hours=3).transaction("c", 12, category="purchase"),
    ]
    assert story(parts) == [("opened", "critical")]
    assert story(parts, NOON.plus(hours=4).pays("c", 9_000)) == [("opened", "critical"), ("opened", "critical")]
