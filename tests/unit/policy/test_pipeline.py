"""From verdicts to alerts: one open episode per customer and kind, opened, updated, resolved or expired."""

from __future__ import annotations

import pytest
from support.desk import BEHAVIOUR, FACT, Desk
from support.units import DAY, HOUR, T0

from stream.domain.alerts import rfc3339
from stream.domain.state import Episode, encode
from stream.policy.pipeline import TIMER


def test_a_signal_opens_an_episode_and_says_everything_about_it():
    desk = Desk()
    alert = desk.signal(causes=("e1",), memo={"floor": 5}, series=(("2025-01-01", 1.0),), routes=("fraud",))
    assert (alert.state, alert.kind, alert.severity, alert.sequence, alert.priority) == (
        "opened", "behaviour", "medium", 1, 3,
    )  # fmt: skip
    assert (alert.rm_id, alert.routes, alert.causes) == ("r1", ["rm:r1", "fraud"], ["e1"])
    assert (alert.reason.en, alert.title.zh, alert.next_step.en) == ("saw 7", "title", "call")
    assert alert.series == [("2025-01-01", 1.0)]
    assert alert.event_time == rfc3339(T0)
    assert alert.detected_at == rfc3339(T0 + 5)
    assert alert.next_step.due == rfc3339(T0 + 24 * HOUR)
    episode = desk.state.episodes["behaviour"]
    assert (episode.opened_at, episode.expires_at, episode.memo) == (T0, T0 + 30 * DAY, {"floor": 5})
    assert desk.state.timers == {TIMER: T0 + 30 * DAY}


def test_no_verdict_changes_nothing():
    desk = Desk()
    before = encode(desk.state)
    assert desk.pipeline.handle("c", desk.state, BEHAVIOUR, None, desk.moment(0)) is None
    assert encode(desk.state) == before


def test_the_same_signal_again_is_held_back_and_counted():
    desk = Desk()
    desk.signal()
    assert desk.signal(HOUR) is None
    assert desk.suppressed == [("dedup", "behaviour")]
    assert desk.state.episodes["behaviour"].sequence == 1


def test_after_the_update_gap_it_is_an_update_of_the_same_episode():
    desk = Desk()
    opened = desk.signal()
    assert desk.signal(24 * HOUR - 1) is None
    updated = desk.signal(24 * HOUR)
    assert (updated.state, updated.sequence, updated.episode_id) == ("updated", 2, opened.episode_id)
    assert updated.alert_id != opened.alert_id
    assert desk.signal(47 * HOUR) is None
    assert desk.signal(48 * HOUR).sequence == 3


def test_a_higher_severity_is_an_update_at_once_and_a_lower_one_is_not():
    desk = Desk()
    desk.signal(severity="medium")
    worse = desk.signal(1, severity="critical")
    assert (worse.state, worse.severity) == ("updated", "critical")
    assert desk.signal(2, severity="low") is None
    later = desk.signal(30 * HOUR, severity="low")
    assert later.severity == "critical"  # an episode is as severe as it ever was


def test_a_new_receiver_is_an_update_at_once_and_stays():
    desk = Desk()
    desk.signal()
    assert desk.signal(1, routes=("fraud",)).routes == ["rm:r1", "fraud"]
    assert desk.signal(2, routes=("fraud",)) is None
    assert desk.signal(30 * HOUR).routes == ["rm:r1", "fraud"]


def test_another_thing_behind_the_warning_is_an_update_at_once():
    desk = Desk()
    desk.signal(memo={"k1": 1})
    assert desk.signal(1, memo={"k1": 9, "k2": 2}).state == "updated"
    assert desk.state.episodes["behaviour"].memo == {"k1": 1, "k2": 2}  # what was so at the opening stays


def test_an_update_prolongs_the_life():
    desk = Desk()
    desk.signal()
    desk.signal(10 * DAY)
    assert desk.state.timers == {TIMER: T0 + 40 * DAY}
    assert desk.expire(30 * DAY) == []


def test_a_late_update_does_not_turn_the_clock_back():
    desk = Desk()
    desk.signal(2 * HOUR)
    desk.signal(HOUR, severity="critical")
    episode = desk.state.episodes["behaviour"]
    assert (episode.updated_at, episode.expires_at) == (T0 + 2 * HOUR, T0 + 2 * HOUR + 30 * DAY)


def test_a_clear_resolves_it():
    desk = Desk()
    opened = desk.signal(severity="high")
    resolved = desk.clear(HOUR)
    assert (resolved.state, resolved.sequence, resolved.severity) == ("resolved", 2, "high")
    assert resolved.episode_id == opened.episode_id
    assert resolved.reason.en == "gone: 8"
    assert resolved.next_step is None
    assert resolved.series == []
    assert (desk.state.episodes, desk.state.timers) == ({}, {})
    assert desk.state.ended == {"behaviour": (T0 + HOUR, "high")}


def test_a_clear_without_an_episode_says_nothing():
    desk = Desk()
    assert desk.clear() is None
    assert desk.state.ended == {}


def test_it_expires_when_nothing_ends_it():
    desk = Desk()
    desk.signal()
    assert desk.expire(30 * DAY - 1) == []
    [expired] = desk.expire(30 * DAY)
    assert (expired.state, expired.sequence, expired.evidence, expired.next_step) == ("expired", 2, {}, None)
    assert "expired by itself" in expired.reason.en
    assert "到期" in expired.reason.zh
    assert desk.state.episodes == {}
    assert desk.expire(31 * DAY) == []


def test_the_timer_is_that_of_the_episode_that_expires_first():
    desk = Desk()
    desk.signal()
    desk.signal(DAY, rule=FACT)
    assert desk.state.timers == {TIMER: T0 + 30 * DAY}
    desk.clear(2 * DAY)
    assert desk.state.timers == {TIMER: T0 + 31 * DAY}


def test_two_kinds_have_an_episode_each():
    desk = Desk()
    assert desk.signal().episode_id != desk.signal(rule=FACT).episode_id
    assert set(desk.state.episodes) == {"behaviour", "fact"}
    assert [alert.kind for alert in desk.expire(40 * DAY)] == ["behaviour", "fact"]


def test_the_episode_of_a_rule_that_was_switched_off_does_not_keep_the_others_from_expiring():
    desk = Desk()
    desk.signal(rule=FACT)
    desk.state.episodes["gone"] = Episode("x", T0, T0, 1, "low", T0 + DAY)
    desk.signal(DAY)
    assert desk.state.timers == {TIMER: T0 + 30 * DAY}
    desk.state.timers.pop(TIMER)  # the step takes it when it is due
    assert [alert.kind for alert in desk.expire(30 * DAY)] == ["fact"]
    assert desk.state.timers == {TIMER: T0 + 31 * DAY}
    desk.state.timers.pop(TIMER)
    assert [alert.kind for alert in desk.expire(31 * DAY)] == ["behaviour"]
    assert desk.state.timers == {}


def test_a_timer_that_came_too_early_is_set_again():
    desk = Desk()
    desk.signal()
    desk.state.timers.pop(TIMER)
    assert desk.expire(DAY) == []
    assert desk.state.timers == {TIMER: T0 + 30 * DAY}


def test_a_behavioural_kind_does_not_open_again_within_its_cool_down():
    desk = Desk()
    desk.signal()
    desk.clear(HOUR)
    assert desk.signal(2 * HOUR) is None
    assert desk.signal(25 * HOUR - 1) is None
    assert desk.suppressed == [("cool_down", "behaviour")] * 2
    assert desk.signal(25 * HOUR).state == "opened"


def test_what_is_worse_passes_the_cool_down():
    desk = Desk()
    desk.signal(severity="medium")
    desk.clear(HOUR)
    assert desk.signal(2 * HOUR, severity="medium") is None
    assert desk.signal(2 * HOUR, severity="high").state == "opened"


def test_a_fact_never_cools_down():
    desk = Desk()
    desk.signal(rule=FACT)
    desk.clear(1, rule=FACT)
    assert desk.signal(2, rule=FACT).state == "opened"


def test_one_kinds_cool_down_is_not_anothers():
    desk = Desk(rules=(BEHAVIOUR, FACT))
    desk.signal(rule=FACT)
    desk.clear(1, rule=FACT)
    assert desk.signal(2).state == "opened"


@pytest.mark.parametrize("end", ["expire", "outcome"])
def test_every_way_to_end_begins_the_cool_down(end):
    desk = Desk()
    opened = desk.signal()
    if end == "expire":
        desk.expire(30 * DAY)
    else:
        desk.outcome(opened.episode_id, 30 * DAY)
    assert desk.signal(30 * DAY + HOUR) is None
    assert desk.signal(31 * DAY).state == "opened"


def test_an_outcome_closes_its_episode_and_no_other():
    desk = Desk()
    opened = desk.signal()
    desk.signal(rule=FACT)
    desk.outcome("another", HOUR)
    assert set(desk.state.episodes) == {"behaviour", "fact"}
    desk.outcome(opened.episode_id, HOUR)
    assert set(desk.state.episodes) == {"fact"}
    assert desk.state.ended == {"behaviour": (T0 + HOUR, "medium")}


@pytest.mark.parametrize("action", ["ack", "snooze", "note", "handover"])
def test_other_feedback_leaves_it_open(action):
    desk = Desk()
    desk.outcome(desk.signal().episode_id, HOUR, action)
    assert set(desk.state.episodes) == {"behaviour"}


def test_history_builds_no_warnings_before_the_backfills_edge():
    desk = Desk(opens_from=T0 + DAY)
    assert desk.signal(DAY - 1, severity="critical") is None
    assert desk.signal(DAY - 1, rule=FACT) is None
    assert desk.suppressed == [("backfill", "behaviour"), ("backfill", "fact")]
    assert desk.signal(DAY).state == "opened"


def test_the_stages_are_asked_in_order_and_the_first_to_mute_is_counted():
    desk = Desk(opens_from=T0 + 9 * DAY)
    desk.state.ended["behaviour"] = (T0, "critical")
    desk.signal(HOUR)
    assert desk.suppressed == [("backfill", "behaviour")]
