"""From verdicts to alerts: one open episode per customer and kind, opened, updated, resolved or expired."""

from __future__ import annotations

import msgspec
import pytest
from support.timeline import at, run, steady
from support.units import DAY, HOUR, SHANGHAI, T0

from stream.config import load
from stream.domain.alerts import alert_id, episode_id, headers, rfc3339
from stream.domain.events import Feedback
from stream.domain.signals import Clear, Signal
from stream.domain.state import Episode, Profile, State, encode
from stream.policy.backfill import Backfill
from stream.policy.base import Moment
from stream.policy.cool_down import CoolDown
from stream.policy.pipeline import TIMER, Pipeline
from stream.policy.route import route
from stream.rules.base import Params, Rule, Texts
from stream.rules.registry import build

NOON = at("2025-03-01 12:00")
TEXTS = Texts("title", "saw {seen}", "gone: {seen}", "call")


class Behaviour(Rule[Params]):
    """A behavioural rule whose verdicts the tests make."""

    name = "behaviour"
    listens = frozenset({"balances"})
    behavioural = True
    practice = "none"
    respond_within_h = 24
    texts = {"zh": TEXTS, "en": TEXTS}
    Params = Params

    def evaluate(self, state, event):
        return None


class Fact(Behaviour):
    """The same, about a fact."""

    name = "fact"
    behavioural = False


RULES = (Behaviour(Params(), SHANGHAI), Fact(Params(), SHANGHAI))
BEHAVIOUR, FACT = RULES


class Desk:
    """A pipeline, a state and what came of it."""

    def __init__(self, rules=RULES, muters=None, opens_from=0, **more):
        self.suppressed = []
        muters = (Backfill(), CoolDown(24)) if muters is None else muters
        given = {"update_gap_h": 24, "expire_days": 30, **more}
        self.pipeline = Pipeline(rules, muters, suppressed=lambda *what: self.suppressed.append(what), **given)
        self.state = State(profile=Profile(rm_id="r1"))
        self.opens_from = opens_from

    def moment(self, time):
        return Moment(T0 + time, T0 + time + 5, self.opens_from)

    def signal(self, time=0, severity="medium", rule=BEHAVIOUR, **more):
        signal = Signal(rule.name, severity, {"seen": 7}, **more)
        return self.pipeline.handle("c", self.state, rule, signal, self.moment(time))

    def clear(self, time=0, rule=BEHAVIOUR):
        return self.pipeline.handle("c", self.state, rule, Clear(rule.name, {"seen": 8}), self.moment(time))

    def expire(self, time):
        return self.pipeline.expire("c", self.state, self.moment(time))

    def outcome(self, episode, time=0, action="outcome"):
        event = Feedback(
            event_id="f",
            customer_id="c",
            time=T0 + time,
            action_id="a",
            episode_id=episode,
            actor="rm",
            action=action,
            outcome="saved" if action == "outcome" else None,
            until=T0 if action == "snooze" else None,
        )
        self.pipeline.feedback(self.state, event)


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


@pytest.mark.parametrize(
    ("profile", "first"),
    [
        (Profile(rm_id="r", branch_id="b"), "rm:r"),
        (Profile(branch_id="b"), "branch:b"),
        (Profile(rm_id=""), "unassigned"),
        (Profile(), "unassigned"),
        (None, "unassigned"),
    ],
)
def test_a_warning_goes_to_the_rm_else_to_the_branch_else_to_the_unassigned(profile, first):
    state = State(profile=profile)
    assert route(state, ()) == [first]
    assert route(state, ("fraud",)) == [first, "fraud"]
    assert route(state, (first,)) == [first]


def test_an_update_goes_to_whom_the_profile_names_by_then():
    parts = [
        NOON.profile("c", rm_id="old", branch_id="b"),
        NOON.plus(hours=1).forwarding("c", "conditional_busy", "rival"),
        NOON.plus(hours=2).profile("c", rm_id="new", branch_id="b"),
        NOON.plus(hours=3).forwarding("c", "unconditional", "rival"),
    ]
    assert [(a["rm_id"], a["branch_id"], a["routes"][0]) for a in run(parts).alerts] == [
        ("old", "b", "rm:old"),
        ("new", "b", "rm:new"),
    ]


def test_ids_are_the_same_for_the_same_opening_and_differ_for_any_other():
    one = episode_id("c", "k", 5, ("e",))
    assert one == episode_id("c", "k", 5, ("e",))
    others = [
        ("d", "k", 5, ("e",)),
        ("c", "l", 5, ("e",)),
        ("c", "k", 6, ("e",)),
        ("c", "k", 5, ("f",)),
        ("c", "k", 5, ()),
    ]
    assert len({one, *(episode_id(*other) for other in others)}) == 6
    assert len({alert_id(one, n) for n in range(5)}) == 5
    assert alert_id(one, 1) == alert_id(one, 1)
    assert len(one) == len(alert_id(one, 1)) == 32


def test_ids_do_not_depend_on_the_wall_clock():
    first, second = Desk(), Desk()
    one = first.pipeline.handle("c", first.state, FACT, Signal("fact", "low", {"seen": 1}), Moment(T0, 1))
    two = second.pipeline.handle("c", second.state, FACT, Signal("fact", "low", {"seen": 1}), Moment(T0, 2))
    assert one.alert_id == two.alert_id
    assert one.detected_at != two.detected_at
    assert encode(first.state) == encode(second.state)


def test_the_headers_are_a_cloud_event_in_binary_mode():
    alert = Desk().signal(severity="high")
    assert dict(headers(alert)) == {
        "ce_specversion": b"1.0",
        "ce_id": alert.alert_id.encode(),
        "ce_source": b"urn:churnwatch:engine",
        "ce_type": b"churnwatch.alert.opened.v1",
        "ce_subject": alert.episode_id.encode(),
        "ce_time": alert.event_time.encode(),
        "ce_partitionkey": b"c",
        "ce_severity": b"high",
        "content-type": b"application/json",
    }


def test_an_alert_without_a_wall_clock_leaves_it_out():
    alert = msgspec.structs.replace(Desk().signal(), detected_at=msgspec.UNSET)
    assert "detected_at" not in msgspec.to_builtins(alert)


def test_times_are_written_in_utc():
    assert rfc3339(1_740_794_400_123) == "2025-03-01T02:00:00.123Z"
    assert rfc3339(0) == "1970-01-01T00:00:00.000Z"


def every_state():
    """Each kind of warning opened, updated, resolved and expired."""
    drop = [steady("c", 100_000), at("2025-03-02 09:00").balance("c", 10_000)]
    forwarding = [NOON.forwarding("c", "conditional_busy", "rival", "+86130")]
    complaint = [NOON.complaint("c", "k1", severity="high", text="lawsuit")]
    return {
        "balance_drop": (
            drop,
            at("2025-03-04 09:00").pays("c", 60_000, balance_after=1_000, account_id="a1"),
            at("2025-03-05 09:00").balance("c", 99_000),
        ),
        "call_forwarding_off_net": (
            forwarding,
            NOON.plus(hours=1).forwarding("c", "unconditional", "rival"),
            NOON.plus(hours=2).forwarding("c", "inactive"),
        ),
        "serious_complaint": (
            complaint,
            NOON.plus(hours=1).complaint("c", "k1", "updated", severity="critical"),
            NOON.plus(hours=2).complaint("c", "k1", "closed", satisfied=True),
        ),
    }


@pytest.mark.parametrize("kind", [rule.name for rule in build(load(env={}).rules, SHANGHAI)])
def test_every_warning_in_every_state_is_told_in_both_languages(kind):
    opens, updates, ends = every_state()[kind]
    left = run(opens, updates, at("2025-04-20 12:00").passes(), policy={"update_gap_h": 1})
    ended = run(opens, updates, ends, policy={"update_gap_h": 1})
    told = {alert["state"]: alert for alert in [*left.alerts, *ended.alerts] if alert["kind"] == kind}
    assert set(told) == {"opened", "updated", "expired", "resolved"}
    for alert in told.values():
        for words in (alert["title"], alert["reason"], *filter(None, [alert["next_step"]])):
            assert any("一" <= letter <= "鿿" for letter in words["zh"])
            assert not any("一" <= letter <= "鿿" for letter in words["en"])
            assert not set(words["zh"] + words["en"]) & set("{}")
        assert not [name for name in alert["evidence"] if name.endswith(("_zh", "_en"))]
        assert (alert["next_step"] is not None) == (alert["state"] in ("opened", "updated"))


def test_expiry_comes_by_its_timer_with_nothing_else_happening():
    outcome = run(NOON.forwarding("c", "unconditional", "rival"), NOON.plus(days=40).passes())
    assert outcome.story() == [("opened", "critical"), ("expired", "critical")]
    assert outcome.alerts[1]["event_time"] == "2025-03-31T04:00:00.000Z"


def test_after_an_expiry_the_next_of_its_kind_opens():
    parts = [NOON.complaint("c", "k", severity="high"), NOON.plus(days=31).complaint("c", "k2", severity="high")]
    assert [state for state, _ in run(parts).story()] == ["opened", "expired", "opened"]


def test_an_outcome_closes_the_warning_without_a_word_from_the_engine():
    [opened] = run(NOON.complaint("c", "k", severity="high")).alerts
    parts = [
        NOON.complaint("c", "k", severity="high"),
        NOON.plus(hours=1).feedback("c", opened["episode_id"], "outcome", outcome="saved"),
        NOON.plus(hours=2).complaint("c", "k", "closed", satisfied=True),
    ]
    assert run(parts, NOON.plus(days=40).passes()).story() == [("opened", "high")]
