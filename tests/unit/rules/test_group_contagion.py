"""Others of the household, payroll group or circle left: as timelines, through the groups' states."""

from __future__ import annotations

import pytest
from support.timeline import at, run
from support.units import SHANGHAI, T0, folded, profile

from stream.domain.events import GroupWarning
from stream.domain.state import Episode
from stream.rules.group_contagion import GroupContagion, GroupContagionParams

START = at("2025-03-03 09:00")
KIND = "group_contagion"
MANY = {"topics": {"partitions": 4}}


def family(count, **group):
    """So many customers of one group, `m0`, `m1` ..."""
    group = group or {"household_id": "h"}
    return [START.plus(minutes=n).profile(f"m{n}", rm_id="r", **group) for n in range(count)]


def leaves(number, day, what="port_out_completed"):
    return START.plus(days=day).service(f"m{number}", what)


def end(day=40):
    return START.plus(days=day).passes()


def warned(outcome):
    return sorted(a["customer_id"] for a in outcome.alerts if a["kind"] == KIND and a["state"] == "opened")


@pytest.mark.parametrize("sections", [{}, MANY])
def test_one_leaves_and_the_others_of_the_household_are_warned_with_figures_and_without_a_name(sections):
    outcome = run(family(4), leaves(1, 10), end(12), **sections)
    assert warned(outcome) == ["m0", "m2", "m3"]
    alert = next(a for a in outcome.alerts if a["kind"] == KIND)
    assert alert["severity"] == "medium"
    assert alert["event_time"] == "2025-03-13T01:00:00.000Z"
    assert alert["evidence"] == {
        "measure": "departures", "group_kind": "household", "left": 1, "size": 4, "share": 0.25, "unit": "members",
        "window_days": 90,
    }  # fmt: skip
    assert "1 of 4 members of the customer's household left in 90 days (25%)" in alert["reason"]["en"]
    assert "家庭" in alert["reason"]["zh"]
    assert "m1" not in str({k: v for k, v in alert.items() if k != "causes"})


def test_each_is_warned_once_although_another_follows():
    outcome = run(family(5), leaves(0, 10), leaves(1, 12), end(14), **MANY)
    assert warned(outcome) == ["m1", "m2", "m3", "m4"]
    assert ("closed", "medium") in outcome.story(KIND, "m1")


def test_closing_the_account_counts_as_well_and_asking_to_leave_does_not():
    assert warned(run(family(3), leaves(0, 5, "account_closed"), end(6))) == ["m1", "m2"]
    assert warned(run(family(3), leaves(0, 5, "port_out_requested"), end(6))) == []


@pytest.mark.parametrize(("members", "left", "silent"), [(40, 2, True), (40, 8, False), (12, 2, True), (5, 1, True)])
def test_a_payroll_is_warned_by_share_and_number(members, left, silent):
    outcome = run(family(members, payroll_group_id="p"), [leaves(n, 3 + n) for n in range(left)], end(20), **MANY)
    assert (warned(outcome) == []) is silent
    assert silent or len(warned(outcome)) == members - left


def test_a_third_gone_is_severe():
    outcome = run(family(6, payroll_group_id="p"), leaves(0, 3), leaves(1, 4), end(5))
    assert {a["severity"] for a in outcome.alerts if a["kind"] == KIND} == {"high"}


def test_a_calling_circle_warns_too_and_one_customer_may_belong_to_several():
    parts = [
        START.profile("a", household_id="h", circle_ids=["c1", "c2"]),
        START.profile("b", household_id="h"),
        START.profile("c", circle_ids=["c2"]),
        START.profile("d", circle_ids=["c3"]),
    ]
    first = START.plus(days=3).service("a", "port_out_completed")
    outcome = run(parts, first, end(4), **MANY)
    assert warned(outcome) == ["b"]  # a friend leaves for reasons of their own
    second = START.profile("e", circle_ids=["c2"]), START.plus(days=4).service("e", "port_out_completed")
    outcome = run(parts, second, first, end(5), **MANY)
    kinds = {a["customer_id"]: a["evidence"]["group_kind"] for a in outcome.alerts if a["kind"] == KIND}
    assert kinds == {"b": "household", "c": "circle"}


def test_it_expires_after_a_fortnight():
    outcome = run(family(2), leaves(0, 5), end(18))
    assert outcome.story(KIND, "m1") == [("opened", "medium")]
    assert run(family(2), leaves(0, 5), end(20)).story(KIND, "m1") == [("opened", "medium"), ("expired", "medium")]


def test_contagion_feeds_no_contagion():
    """The warned one belongs to another household too, whose members hear nothing."""
    parts = [
        START.profile("a", household_id="h"),
        START.profile("b", household_id="h", circle_ids=["c"]),
        START.profile("x", circle_ids=["c"]),
    ]
    assert warned(run(parts, START.plus(days=3).service("a", "port_out_completed"), end(5))) == ["b"]


def test_who_moved_out_before_is_not_warned_and_who_moved_in_after_is_not():
    out = START.plus(days=2).profile("m2", household_id="elsewhere")
    late = START.plus(days=6).profile("late", household_id="h")
    assert warned(run(family(4), out, leaves(0, 5), late, end(9))) == ["m1", "m3"]


def test_a_forgotten_customer_is_not_warned_and_not_known_again():
    outcome = run(family(3), START.plus(days=2).forget("m1"), leaves(0, 5), end(9), **MANY)
    assert warned(outcome) == ["m2"]
    assert b"m1" not in outcome.states


def test_a_profile_that_comes_behind_the_departure_names_the_group_that_was_left():
    late = START.plus(days=6).profile("m9", household_id="h")
    outcome = run(family(3), START.plus(days=5).service("m9", "account_closed"), late, end(9))
    assert warned(outcome) == ["m0", "m1", "m2"]
    again = run(family(3), START.plus(days=-200).service("m9", "account_closed"), late, leaves(0, 8), end(9))
    assert warned(again) == ["m1", "m2"]


def test_a_leaver_who_comes_back_resolves_it():
    back = START.plus(days=8).service("m0", "restored")
    outcome = run(family(3), leaves(0, 5), back, end(9), **MANY)
    assert outcome.story(KIND, "m1") == [("opened", "medium"), ("resolved", "medium")]
    resolved = [a for a in outcome.alerts if a["kind"] == KIND and a["state"] == "resolved"]
    assert "came back; 0 are still gone" in resolved[0]["reason"]["en"]


def test_resent_events_warn_once():
    lines = [*family(3), leaves(0, 5)]
    outcome = run(lines, lines, end(9))
    assert len([a for a in outcome.alerts if a["kind"] == KIND]) == 2


def test_what_shards_tell_each_other_is_no_input_and_is_not_counted():
    forged = START.plus(days=1).event("group-warnings", "m1", group_id="h", cause="x", left=1, size=3)
    outcome = run(family(3), forged, end(2))
    assert warned(outcome) == []
    assert outcome.results == {"handled": 4}


def test_a_rule_that_is_switched_off_warns_nobody():
    assert warned(run(family(3), leaves(0, 5), end(9), rules={KIND: {"enabled": False}})) == []


@pytest.mark.parametrize("sections", [{}, MANY])
def test_slices_change_nothing_for_those_who_have_no_group(sections):
    """The same lives beside a household as without it."""
    lives = [START.plus(days=n % 9, hours=n).forwarding(f"x{n}", "unconditional", "rival") for n in range(30)]
    with_group, without = run(lives, family(3), leaves(0, 4), end(), **sections), run(lives, end(), **sections)
    keep = [a["alert_id"] for a in with_group.alerts if a["customer_id"].startswith("x")]
    assert sorted(keep) == sorted(a["alert_id"] for a in without.alerts)
    assert all(with_group.states[key] == without.states[key] for key in without.states)


def rule(**params):
    return GroupContagion(GroupContagionParams(**params), SHANGHAI)


def warning(**more):
    body = {"event_id": "w", "customer_id": "c", "time": T0, "group_id": "h", "cause": "d", "left": 2, "size": 6}
    return GroupWarning(**(body | more))


def test_another_groups_departures_still_stand_when_one_is_called_off():
    state = folded(profile(T0, household_id="h", circle_ids=["k"]))
    state.episodes[KIND] = Episode("e", T0, T0, 1, "medium", T0 + 1, {"h": 1, "k": 1})
    assert rule().evaluate(state, warning(over=True, left=0)) is None
    state.episodes[KIND].memo = {"h": 1}
    assert rule().evaluate(state, warning(over=True, left=0)).evidence["left"] == 0


@pytest.mark.parametrize(("left", "size", "severity"), [(1, 2, "medium"), (2, 6, "high"), (2, 7, "medium")])
def test_severity_follows_the_share_and_one_alone_is_never_severe(left, size, severity):
    state = folded(profile(T0, household_id="h"))
    assert rule().evaluate(state, warning(left=left, size=size)).severity == severity
    assert rule(severe_share=0.9).evaluate(state, warning(left=left, size=size)).severity == "medium"


def test_it_says_which_groups_might_warn():
    state = folded(profile(T0, household_id="h", payroll_group_id="p"))
    assert rule().look(state, T0)["group_kinds"] == ["household", "payroll"]
