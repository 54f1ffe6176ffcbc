"""The core: one event or one timer into one customer's state, and the alerts that come of it.

Pure but for the state it is given, which it updates in place: the same state, event and moment give the same bytes
and the same alerts. Whoever owns the state undoes a step that raised (see `stream.engine.shard`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from stream.domain import seen
from stream.domain.alerts import Alert
from stream.domain.business import Business
from stream.domain.events import Feedback
from stream.domain.fold import fold
from stream.domain.signals import Tick, Verdict
from stream.domain.state import State


class RuleLike(Protocol):
    """What the step needs of a rule; `stream.rules.base.Rule` is one."""

    @property
    def name(self) -> str:
        """The kind of warning."""
        ...

    @property
    def listens(self) -> frozenset[str]:
        """Topics whose events it wants."""
        ...

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Judge the state after an event."""
        ...

    def next_due(self, state: State, event: Any) -> int | None:
        """Say when to wake the rule."""
        ...


class PolicyLike(Protocol):
    """What the step needs of the policy; `stream.policy.pipeline.Pipeline` is one."""

    def handle(self, customer: str, state: State, rule: Any, verdict: Verdict, moment: Any) -> Alert | None:
        """Turn a verdict into an alert."""
        ...

    def expire(self, customer: str, state: State, moment: Any) -> list[Alert]:
        """End what has been open too long."""
        ...

    def feedback(self, state: State, event: Feedback) -> None:
        """Take what an RM did."""
        ...


class MomentLike(Protocol):
    """What the step needs of the moment; `stream.policy.base.Moment` is one."""

    @property
    def time(self) -> int:
        """Event time, epoch ms."""
        ...


class Step:
    """Deduplicate, fold, evaluate, apply the policy."""

    def __init__(self, business: Business, rules: Sequence[RuleLike], policy: PolicyLike) -> None:
        """Bind the rules by the topics they listen to, so that an event meets only those that want it."""
        self._business = business
        self._policy = policy
        self._rules = {rule.name: rule for rule in rules}
        self._listening: dict[str, tuple[RuleLike, ...]] = {}
        for rule in rules:
            for topic in rule.listens:
                self._listening[topic] = (*self._listening.get(topic, ()), rule)

    def event(self, customer: str, state: State, event: Any, moment: MomentLike) -> list[Alert] | None:
        """Take one event; `None` says that it was a duplicate and changed nothing."""
        topic: str = event.topic
        digest = seen.digest(topic, event.event_id)
        if seen.contains(state.seen, digest):
            return None
        fold(state, event, self._business)
        state.seen = seen.add(state.seen, digest, self._business.day(state.newest))
        if topic == "feedback":
            self._policy.feedback(state, event)
        alerts: list[Alert] = []
        self._ask(self._listening.get(topic, ()), customer, state, event, moment, alerts)
        return alerts

    def timers(self, customer: str, state: State, moment: MomentLike) -> list[Alert]:
        """Fire every timer of the customer that is due at `moment.time`, in order of name."""
        alerts: list[Alert] = []
        due = sorted(name for name, time in state.timers.items() if time <= moment.time)
        for name in due:
            time = state.timers.pop(name)
            rule = self._rules.get(name)
            if rule is not None:
                self._ask((rule,), customer, state, Tick(name, time), moment, alerts)
        alerts.extend(self._policy.expire(customer, state, moment))
        return alerts

    def _ask(
        self,
        rules: tuple[RuleLike, ...],
        customer: str,
        state: State,
        event: Any,
        moment: MomentLike,
        alerts: list[Alert],
    ) -> None:
        for rule in rules:
            verdict = rule.evaluate(state, event)
            if verdict is not None:
                alert = self._policy.handle(customer, state, rule, verdict, moment)
                if alert is not None:
                    alerts.append(alert)
            due = rule.next_due(state, event)
            if due is not None:
                state.timers[rule.name] = due
            elif state.timers:
                state.timers.pop(rule.name, None)
