"""Whom the step asks, by what it needs of them: rules, policy and model know it, and it none of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from stream.domain.alerts import Alert
from stream.domain.business import Business
from stream.domain.events import Feedback
from stream.domain.signals import Scored, Verdict
from stream.domain.state import State


class ExampleLike(Protocol):
    """What the step passes on of a training example; `models.example.Example` is one."""

    @property
    def customer_id(self) -> str:
        """Whose it is."""
        ...

    @property
    def known_at(self) -> int:
        """When its label was known, epoch ms."""
        ...


class RuleLike(Protocol):
    """What the step needs of a rule; `stream.rules.base.Rule` is one."""

    @property
    def name(self) -> str:
        """The kind of warning."""
        ...

    @property
    def listens(self) -> frozenset[str]:
        """What it wants to be shown."""
        ...

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Judge the state after an event."""
        ...

    def next_due(self, state: State, event: Any) -> int | None:
        """Say when to wake the rule."""
        ...

    def remember(self, state: State, event: Any) -> list[int] | None:
        """Say which numbers to keep."""
        ...

    def skips(self, state: State, event: Any, today: int) -> bool:
        """Tell at a glance that an event changes nothing for it."""
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

    def new_day(self, state: State, last: int, today: int, business: Business, moment: Any) -> None:
        """Do what is done once on a customer's business day `today`, the first after `last`."""
        ...

    def departed(self, customer: str, state: State, moment: Any) -> list[Alert]:
        """End every warning about a customer who has left."""
        ...


class ModelLike(Protocol):
    """What the step needs of the model; `models.in_stream.InStream` is one. It sets its own timers."""

    @property
    def enabled(self) -> bool:
        """Whether customers are scored."""
        ...

    @property
    def hard(self) -> frozenset[str]:
        """After which events a customer is scored at once, named as rules listen."""
        ...

    def arm(self, customer: str, state: State, moment: Any) -> None:
        """Set the timer of the next cut-off, if the customer is to have one."""
        ...

    def foresee(self, states: Sequence[State], time: int) -> Sequence[Any]:
        """Return what `cut_off` will want to find in the moment, for customers who are cut off at `time`."""
        ...

    def cut_off(self, customer: str, state: State, moment: Any) -> Scored | None:
        """Take a cut-off that is due, and return what is new of the customer's score."""
        ...

    def ripen(self, customer: str, state: State, moment: Any) -> Sequence[ExampleLike]:
        """Return the examples whose labels are known now."""
        ...

    def feedback(self, customer: str, state: State, event: Feedback, moment: Any) -> Sequence[ExampleLike]:
        """Return the examples whose labels an RM's word has settled."""
        ...

    def rescore(self, customer: str, state: State, event: Any, moment: Any) -> Scored | None:
        """Score the customer at once, and return what is new."""
        ...


class MomentLike(Protocol):
    """What the step needs of the moment; `stream.policy.base.Moment` is one."""

    @property
    def time(self) -> int:
        """Event time, epoch ms."""
        ...
