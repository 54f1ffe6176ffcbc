"""Every rule's warning, put off by a snooze that ends while its cause persists, is told then by a timer."""

from __future__ import annotations

import pytest
from support.lives import lives
from support.timeline import records, settings

from stream.config import load
from stream.domain.signals import Scored
from stream.domain.state import Score, State, decode, encode
from stream.domain.step import Step
from stream.engine.assemble import business, codec
from stream.policy.base import Moment
from stream.policy.cool_down import CoolDown
from stream.policy.order import order
from stream.policy.pipeline import Pipeline
from stream.rules.registry import build, discover

SNOOZE = 3_600_000  # an hour: short enough that no rule of these lives ends its warning within it by a timer


class Muted:
    """A customer whose warning of one kind is snoozed; the life ends with the event that raised it."""

    def __init__(self, kind):
        self.kind, self.units = kind, business(settings())
        rules = [rule for rule in build(load(env={}).rules, self.units) if rule.name == kind]
        self.pipeline = Pipeline(rules, order(CoolDown(24)), update_gap_h=24, expire_days=30)
        self.core, self.reader = Step(self.units, rules, self.pipeline), codec(settings())

    def live(self, life, snoozed):
        """Play the life until the rule speaks; return the state and when that was, or `None`."""
        state = State(snoozed={self.kind: snoozed} if snoozed else {})
        for record in sorted(records(life), key=lambda r: r.timestamp):
            if record.key != b"c":
                continue
            event = self.reader.decode(record.topic, record.key, record.value, record.timestamp)
            while state.due() and state.due() <= event.time:
                due = state.due()
                self.core.timers("c", state, Moment(due, 0))
                if self.kind in state.episodes:
                    return state, due
            self.core.event("c", state, event, Moment(event.time, 0))
            if self.kind in state.episodes:
                return state, event.time
        state.score = Score(0.7, "near-churn", state.newest, "v1")  # no record carries it
        self.core.tell("c", state, Scored("score", state.newest), Moment(state.newest, 0))
        return (state, state.newest) if self.kind in state.episodes else None


@pytest.mark.parametrize("kind", sorted(discover()))
def test_what_a_snooze_held_back_is_told_by_a_timer_when_it_is_over(kind):
    muted = Muted(kind)
    life, when = next((life(), found[1]) for life in lives().values() if (found := muted.live(life(), 0)))
    state, held_at = muted.live(life, when + SNOOZE)
    assert held_at == when
    assert state.episodes[kind].held == "snooze"
    state, told = decode(encode(state)), []  # a restart in between
    while state.due() and state.due() <= when + SNOOZE:
        told += muted.core.timers("c", state, Moment(state.due(), 0))
    [alert] = [alert for alert in told if alert.state == "opened"]
    assert alert.kind == kind
    assert alert.sequence == 1
    assert alert.evidence
    assert "{" not in alert.reason.en
    assert alert.next_step is not None
    assert not state.episodes[kind].held
