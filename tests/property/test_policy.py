"""Laws of the policy, whatever rules say and RMs do."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st
from support.desk import BEHAVIOUR, FACT, TRIAL, Desk
from support.effort import examples
from support.units import DAY, HOUR, SHANGHAI, T0

from stream.domain.signals import Signal
from stream.domain.state import Profile, decode, encode
from stream.policy.silences import read

SEVERITIES = st.sampled_from(["low", "medium", "high", "critical"])
TIMES = st.integers(0, 60 * 24)  # hours after the start

SIGNALS = st.tuples(st.just("signal"), TIMES, st.booleans(), SEVERITIES, st.sampled_from([(), ("fraud",)]))
CLEARS = st.tuples(st.just("clear"), TIMES, st.booleans())
FEEDBACK = st.tuples(
    st.just("feedback"),
    TIMES,
    st.booleans(),
    st.sampled_from(["ack", "snooze", "outcome", "note"]),
    st.sampled_from(["saved", "false_alarm", "not_worth_keeping"]),
)
EXPIRY = st.tuples(st.just("expire"), TIMES)
WISHES = st.tuples(st.just("profile"), TIMES, st.booleans())
LEAVING = st.tuples(st.just("leaves"), TIMES, st.booleans())
TRIALS = st.tuples(st.just("trial"), TIMES, st.booleans())
LIVES = st.lists(SIGNALS | SIGNALS | CLEARS | FEEDBACK | EXPIRY | WISHES | LEAVING | TRIALS, max_size=40)

SILENCE = read({"id": "s", "from": T0 + 5 * DAY, "until": T0 + 8 * DAY, "reason": "r", "by": "ops", "kind": "fact"})


def live(steps, *, trials=True):
    """Play the steps in order of time (with some left out of it) and return the desk and its alerts."""
    desk = Desk(silences=[SILENCE], inhibit={"fact": ["behaviour"]}, opens_from=T0 + HOUR * 5)
    behaviour, alerts, held = BEHAVIOUR, [], 0
    for what, hours, *rest in steps:
        time = hours * HOUR
        if what == "signal":
            fact, severity, routes = rest
            rule = FACT if fact else behaviour
            before = len(desk.suppressed) + len(desk.shadowed)
            alert = desk.signal(time, severity, rule, routes=routes, memo={severity: 1})
            told = len(desk.suppressed) + len(desk.shadowed) - before
            assert told == (alert is None), "what is not told is counted, once"
            held += alert is None
            alerts += [alert]
        elif what == "clear":
            alerts += [desk.clear(time, FACT if rest[0] else behaviour)]
        elif what == "feedback":
            episode = desk.state.episodes.get("fact" if rest[0] else "behaviour")
            desk.outcome(episode.id if episode else "?", time, rest[1], outcome=rest[2], until=time + 2 * DAY)
        elif what == "expire":
            desk.state.timers.pop("policy", None)
            alerts += desk.expire(time)
        elif what == "profile":
            desk.state.profile = Profile(no_retention_contact=rest[0])
        elif what == "leaves":
            desk.state.left_at = T0 + time if rest[0] else 0
            alerts += desk.pipeline.departed("c", desk.state, desk.moment(time)) if rest[0] else []
        elif trials:
            behaviour = TRIAL if rest[0] else BEHAVIOUR
            desk.use(behaviour, FACT)
        assert decode(encode(desk.state)) == desk.state
        due = [min(e.expires_at, e.again_at or e.expires_at) for e in desk.state.episodes.values()]
        assert all(bool(e.held) == (e.sequence == 0) for e in desk.state.episodes.values())
        assert desk.state.timers.get("policy") == (min(due) if due else None)
    return desk, [alert for alert in alerts if alert is not None]


@examples(150)
@given(LIVES)
def test_an_episode_opens_once_counts_without_gaps_and_ends_at_most_once(steps):
    _, alerts = live(steps)
    episodes, running = defaultdict(list), {}
    for alert in alerts:
        episodes[alert.episode_id].append(alert)
    for told in episodes.values():
        assert [alert.sequence for alert in told] == list(range(1, len(told) + 1))
        assert told[0].state == "opened"
        assert all(alert.state == "updated" for alert in told[1:-1])
        assert "opened" not in {alert.state for alert in told[1:]}
        assert len({(alert.kind, alert.customer_id) for alert in told}) == 1
    for alert in alerts:  # an outcome ends one without a word
        if alert.state == "opened":
            running[alert.kind] = alert.episode_id
        else:
            assert running[alert.kind] == alert.episode_id
    assert len({alert.alert_id for alert in alerts}) == len(alerts)


@examples(100)
@given(LIVES)
def test_a_rule_on_trial_tells_nobody_anything(steps):
    steps = [("trial", 0, True), *(step for step in steps if step[0] != "trial")]
    _, alerts = live(steps)
    assert {alert.kind for alert in alerts} <= {"fact"}


@examples(60)
@given(LIVES)
def test_what_is_not_open_after_a_signal_is_remembered_with_its_stage(steps):
    desk, _ = live(steps, trials=False)
    stages = {stage for stage, _ in desk.suppressed} - {"dedup"}
    assert {held.stage for held in desk.state.held.values()} <= stages
    assert bool(desk.state.held) == bool(stages)


def test_a_step_that_is_done_again_leaves_the_same_state_and_teaches_the_world_nothing():
    one, two = Desk(), Desk()
    for desk in (one, two):
        for again in (False, True) if desk is two else (False,):
            moment = desk.moment(0)
            moment = type(moment)(moment.time, moment.detected, 0, moment.world, again)
            desk.state = type(desk.state)(profile=Profile(rm_id="r1"), newest=T0)
            desk.pipeline.handle("c", desk.state, FACT, Signal("fact", "low", {"seen": 1}), moment)
            desk.pipeline.new_day(desk.state, SHANGHAI.day(T0), SHANGHAI.day(T0) + 31, SHANGHAI, moment)
    assert encode(one.state) == encode(two.state)
    assert one.world.storms.dump() == two.world.storms.dump()
    assert one.world.top_value.dump() == two.world.top_value.dump()
