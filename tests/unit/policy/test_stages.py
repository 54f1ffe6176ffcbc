"""Each stage: what it holds back, what it lets through, when it ends, and that it is counted and remembered."""

from __future__ import annotations

import pytest
from support.desk import BEHAVIOUR, FACT, TRIAL, Desk
from support.units import DAY, HOUR, T0

from stream.domain.state import Held, Profile, Score
from stream.policy.base import PolicyError
from stream.policy.cool_down import CoolDown
from stream.policy.inhibit import check, inhibitors_first
from stream.policy.silences import Silence


def test_about_a_customer_who_has_left_nothing_opens_until_they_are_back():
    desk = Desk()
    desk.state.left_at = T0
    assert desk.signal(HOUR, rule=FACT, severity="critical") is None
    assert desk.suppressed == [("departed", "fact")]
    assert desk.state.held == {"fact": Held("departed", T0 + HOUR, "critical")}
    desk.state.left_at = 0
    assert desk.signal(2 * HOUR, rule=FACT).state == "opened"


def test_an_open_warning_inhibits_those_it_makes_pointless_and_no_others():
    desk = Desk(inhibit={"fact": ["behaviour"]})
    desk.signal(rule=FACT)
    assert desk.signal(HOUR, severity="critical") is None
    assert desk.suppressed == [("inhibit", "behaviour")]
    desk.clear(2 * HOUR, rule=FACT)
    assert desk.signal(3 * HOUR).state == "opened"
    assert desk.signal(4 * HOUR, rule=FACT).state == "opened"  # the right one does not inhibit the left one


def test_a_warning_on_trial_inhibits_nothing():
    desk = Desk(rules=(TRIAL, FACT), inhibit={"behaviour": ["fact"]})
    assert desk.signal(rule=TRIAL) is None
    assert desk.signal(HOUR, rule=FACT).state == "opened"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"nonsense": ["a"]}, r"^policy\.inhibit\.nonsense: no such rule; there are a, b"),
        ({"a": ["b", "bb"]}, r"^policy\.inhibit\.a: no such rule 'bb'; there are a, b"),
        ({"a": ["a"]}, r"^policy\.inhibit\.a: a kind cannot inhibit itself"),
    ],
)
def test_a_table_of_unknown_kinds_is_refused_by_name(table, said):
    check({"a": ["b"]}, ("a", "b"))
    with pytest.raises(PolicyError, match=said):
        check(table, ("a", "b"))


def test_rules_are_asked_after_those_that_inhibit_them():
    assert [rule.name for rule in inhibitors_first((BEHAVIOUR, FACT), {"fact": ["behaviour"]})] == ["fact", "behaviour"]
    ring = {"fact": ["behaviour"], "behaviour": ["fact"]}
    assert [rule.name for rule in inhibitors_first((FACT, BEHAVIOUR), ring)] == ["behaviour", "fact"]


def test_no_retention_contact_holds_back_behaviour_but_no_fact():
    desk = Desk()
    desk.state.profile = Profile(rm_id="r1", no_retention_contact=True)
    assert desk.signal(severity="critical") is None
    assert desk.suppressed == [("no_retention_contact", "behaviour")]
    assert desk.signal(rule=FACT).state == "opened"


def test_a_wish_that_comes_later_stops_the_updates_and_lets_the_warning_resolve():
    desk = Desk()
    desk.signal()
    desk.state.profile = Profile(rm_id="r1", no_retention_contact=True)
    assert desk.signal(DAY * 2, severity="critical") is None
    assert desk.clear(DAY * 3).sequence == 2


def test_who_is_not_worth_keeping_is_left_alone_for_a_time_and_still_answered():
    desk = Desk(let_go_days=10)
    desk.outcome(desk.signal(rule=FACT).episode_id, HOUR, outcome="not_worth_keeping")
    assert desk.state.let_go == T0 + HOUR + 10 * DAY
    assert desk.signal(HOUR + 10 * DAY - 1, severity="critical") is None
    assert desk.suppressed == [("not_worth_keeping", "behaviour")]
    assert desk.signal(2 * HOUR, rule=FACT).state == "opened"
    assert desk.signal(HOUR + 10 * DAY).state == "opened"


def test_a_snooze_quiets_updates_and_ends_by_itself_even_within_the_update_gap():
    desk = Desk()
    opened = desk.signal()
    desk.outcome(opened.episode_id, HOUR, "snooze", until=5 * HOUR)
    assert desk.signal(2 * HOUR) is None
    assert desk.suppressed == [("snooze", "behaviour")]
    woken = desk.signal(5 * HOUR)
    assert (woken.state, woken.sequence) == ("updated", 2)
    assert desk.state.snoozed == {}
    assert desk.signal(6 * HOUR) is None  # and then the gap holds again


def test_a_worse_severity_and_a_new_receiver_break_through_a_snooze():
    desk = Desk()
    desk.outcome(desk.signal().episode_id, 0, "snooze", until=9 * DAY)
    assert desk.signal(HOUR, severity="high").severity == "high"
    assert desk.signal(2 * DAY, severity="high") is None  # it goes on
    assert desk.signal(3 * DAY, severity="high", routes=("fraud",)).routes[1:] == ["fraud"]


def test_a_snoozed_kind_does_not_open_again_unless_it_is_worse():
    desk = Desk()
    desk.outcome(desk.signal(rule=FACT).episode_id, 0, "snooze", until=9 * DAY)
    desk.clear(HOUR, rule=FACT)
    assert desk.signal(2 * DAY, rule=FACT) is None
    assert desk.suppressed == [("snooze", "fact")]
    assert desk.signal(3 * DAY, rule=FACT, severity="high").state == "opened"


def test_a_snoozed_kind_opens_again_when_the_snooze_is_over():
    desk = Desk()
    desk.outcome(desk.signal(rule=FACT).episode_id, 0, "snooze", until=9 * DAY)
    desk.clear(HOUR, rule=FACT)
    assert desk.signal(9 * DAY, rule=FACT).state == "opened"


def test_what_is_snoozed_does_not_expire_meanwhile():
    desk = Desk()
    desk.outcome(desk.signal().episode_id, 0, "snooze", until=50 * DAY)
    assert desk.expire(49 * DAY) == []
    assert [alert.state for alert in desk.expire(50 * DAY)] == ["updated"]
    assert [alert.state for alert in desk.expire(80 * DAY)] == ["expired"]


def test_a_snooze_that_is_over_speaks_by_itself_with_what_was_said_meanwhile():
    desk = Desk()
    desk.outcome(desk.signal().episode_id, 0, "snooze", until=5 * DAY)
    assert desk.state.timers["policy"] == T0 + 5 * DAY
    desk.signal(DAY, causes=("e2",))
    [woken] = desk.expire(5 * DAY)
    assert (woken.state, woken.sequence, woken.causes, woken.evidence) == ("updated", 2, ["e2"], {"seen": 7})
    assert desk.expire(5 * DAY) == []  # once


def test_a_snooze_that_is_over_says_so_where_nothing_new_was_said_and_nothing_where_the_cause_is_gone():
    desk = Desk()
    desk.outcome(desk.signal().episode_id, 0, "snooze", until=5 * DAY)
    [woken] = desk.expire(5 * DAY)
    assert (woken.state, woken.severity, woken.next_step) == ("updated", "medium", None)
    assert "put off" in woken.reason.en
    desk.outcome(woken.episode_id, 5 * DAY, "snooze", until=9 * DAY)
    desk.clear(6 * DAY)
    assert desk.expire(9 * DAY) == []
    assert "policy" not in desk.state.timers


@pytest.mark.parametrize("gone", [True, False])
def test_what_a_snooze_held_back_opens_when_it_is_over_unless_its_cause_is_gone(gone):
    desk = Desk()
    desk.outcome(desk.signal(rule=FACT).episode_id, 0, "snooze", until=9 * DAY)
    desk.clear(HOUR, rule=FACT)
    desk.signal(2 * DAY, rule=FACT, memo={"a": 1}, causes=("e",), series=(("2025-01-01", 2.0),))
    if gone:
        assert desk.clear(3 * DAY, rule=FACT) is None  # nobody was told that it began
    told = desk.expire(9 * DAY)
    assert [(alert.state, alert.sequence, alert.series) for alert in told] == (
        [] if gone else [("opened", 1, [("2025-01-01", 2.0)])]
    )
    assert ("fact" in desk.state.episodes) is not gone


def test_what_several_stages_hold_back_waits_for_the_last_of_them():
    desk = Desk(silences=[Silence(id="s", from_=T0, until=T0 + DAY, reason="r", by="b", kind="behaviour")])
    desk.state.let_go = T0 + 3 * DAY
    assert desk.signal() is None
    assert desk.expire(DAY) == []
    assert desk.suppressed == [("silence", "behaviour"), ("not_worth_keeping", "behaviour")]
    assert [alert.state for alert in desk.expire(3 * DAY)] == ["opened"]


def test_what_was_inhibited_is_told_a_day_after_the_other_ended_if_it_is_still_so():
    desk = Desk(inhibit={"fact": ["behaviour"]})
    desk.signal(rule=FACT)
    desk.signal(HOUR)
    assert desk.state.timers["policy"] == desk.state.episodes["fact"].expires_at
    desk.clear(2 * HOUR, rule=FACT)
    assert desk.expire(DAY) == []
    assert [(a.kind, a.state) for a in desk.expire(DAY + 2 * HOUR)] == [("behaviour", "opened")]


def test_what_was_worse_in_a_maintenance_window_is_told_after_it():
    desk = Desk(silences=[Silence(id="s", from_=T0 + HOUR, until=T0 + DAY, reason="r", by="b")])
    desk.signal()
    assert desk.signal(2 * HOUR, severity="critical") is None
    assert [(a.state, a.severity) for a in desk.expire(DAY)] == [("updated", "critical")]


def test_what_is_held_back_when_the_customer_leaves_is_never_told():
    desk = Desk(silences=[Silence(id="s", from_=T0, until=T0 + DAY, reason="r", by="b")])
    desk.signal()
    assert desk.pipeline.departed("c", desk.state, desk.moment(HOUR)) == []
    assert desk.state.episodes == {}
    assert desk.state.timers == {}


def test_an_acknowledged_warning_is_quiet_until_it_gets_worse():
    desk = Desk()
    desk.outcome(desk.signal().episode_id, HOUR, "ack")
    assert desk.signal(3 * DAY) is None
    assert desk.suppressed == [("ack", "behaviour")]
    assert desk.signal(4 * DAY, severity="high").sequence == 2
    assert desk.signal(6 * DAY, severity="high").sequence == 3  # that severity nobody has acknowledged
    assert desk.clear(7 * DAY).sequence == 4


def test_what_is_quiet_but_still_so_does_not_expire():
    desk = Desk()
    desk.outcome(desk.signal().episode_id, HOUR, "ack")
    desk.signal(20 * DAY)
    assert desk.expire(30 * DAY) == []
    assert [alert.state for alert in desk.expire(50 * DAY)] == ["expired"]


def test_a_false_alarm_cools_down_longer_than_a_success():
    saved, alarm = (Desk(cool_down=CoolDown(24, false_alarm_factor=4)) for _ in range(2))
    saved.outcome(saved.signal().episode_id, 0)
    alarm.outcome(alarm.signal().episode_id, 0, outcome="false_alarm")
    assert saved.signal(DAY).state == "opened"
    assert alarm.signal(4 * DAY - 1) is None
    assert alarm.suppressed == [("cool_down", "behaviour")]
    assert alarm.signal(4 * DAY).state == "opened"


def test_a_kind_may_have_a_cool_down_and_a_life_of_its_own():
    desk = Desk(cool_down=CoolDown(24, {"behaviour": 72}), expire_by_kind={"fact": 14})
    desk.signal()
    desk.clear(0)
    assert desk.signal(3 * DAY - 1) is None
    assert desk.signal(3 * DAY).state == "opened"
    desk.signal(3 * DAY, rule=FACT)
    assert [alert.kind for alert in desk.expire(17 * DAY)] == ["fact"]


def test_a_rule_on_trial_keeps_an_episode_and_tells_nobody():
    desk = Desk(rules=(TRIAL, FACT))
    assert desk.signal(rule=TRIAL) is None
    assert desk.state.episodes["behaviour"].shadow
    assert desk.state.held["behaviour"].stage == "shadow"
    assert desk.signal(HOUR, rule=TRIAL) is None  # the same dedup
    assert desk.signal(HOUR, rule=TRIAL, severity="high") is None
    assert desk.clear(2 * HOUR, rule=TRIAL) is None
    assert desk.shadowed == [
        ("behaviour", "medium", "opened"), ("behaviour", "high", "updated"), ("behaviour", "high", "resolved"),
    ]  # fmt: skip
    assert desk.suppressed == [("dedup", "behaviour")]
    assert desk.signal(3 * HOUR, rule=TRIAL) is None
    assert desk.suppressed[-1] == ("cool_down", "behaviour")  # a trial counts what would have been sent


def test_a_trial_expires_unheard():
    desk = Desk(rules=(TRIAL, FACT))
    desk.signal(rule=TRIAL)
    assert desk.expire(30 * DAY) == []
    assert desk.shadowed[-1] == ("behaviour", "medium", "expired")


@pytest.mark.parametrize("ended", [True, False])
def test_when_the_trial_ends_the_next_signal_opens_properly(ended):
    desk = Desk(rules=(TRIAL, FACT))
    desk.signal(rule=TRIAL)
    if ended:
        desk.clear(HOUR, rule=TRIAL)
    desk.use(BEHAVIOUR, FACT)
    opened = desk.signal(2 * HOUR)
    assert (opened.state, opened.sequence) == ("opened", 1)
    assert not desk.state.episodes["behaviour"].shadow


def test_when_the_trial_ends_its_episode_is_dropped_by_the_next_day_and_never_resolved():
    desk = Desk(rules=(TRIAL, FACT))
    desk.signal(rule=TRIAL)
    desk.use(BEHAVIOUR, FACT)
    day = BEHAVIOUR.business.day(T0)
    desk.pipeline.new_day(desk.state, day, day + 1, BEHAVIOUR.business, desk.moment(DAY))
    assert (desk.state.episodes, desk.state.timers) == ({}, {})
    desk.use(TRIAL, FACT)
    desk.signal(2 * DAY, rule=TRIAL)
    desk.use(BEHAVIOUR, FACT)
    assert desk.clear(3 * DAY) is None


def test_what_was_open_before_a_trial_is_still_resolved():
    desk = Desk()
    desk.signal()
    desk.use(TRIAL, FACT)
    assert desk.signal(2 * DAY, rule=TRIAL, severity="critical") is None
    assert desk.suppressed == [("shadow", "behaviour")]
    assert (desk.clear(3 * DAY, rule=TRIAL).state, desk.shadowed) == ("resolved", [])


def test_feedback_on_a_trial_or_an_unknown_episode_changes_nothing():
    desk = Desk(rules=(TRIAL, FACT))
    desk.signal(rule=TRIAL)
    desk.outcome(desk.state.episodes["behaviour"].id, HOUR)
    desk.outcome("another", HOUR, "ack")
    assert set(desk.state.episodes) == {"behaviour"}


def test_what_the_model_said_last_goes_along():
    desk = Desk()
    desk.state.score = Score(0.7, "near-churn", T0, "v3")
    alert = desk.signal()
    assert (alert.score, alert.grade, alert.model_version) == (0.7, "near-churn", "v3")


def test_a_warning_held_back_as_not_worth_keeping_is_told_in_the_moment_the_judgement_is_over():
    desk = Desk()
    desk.state.let_go = T0 + 10 * DAY
    assert desk.signal() is None
    assert desk.state.episodes["behaviour"].again_at == T0 + 10 * DAY
    assert desk.expire(10 * DAY - 1) == []
    [alert] = desk.expire(10 * DAY)
    assert (alert.state, alert.kind) == ("opened", "behaviour")
