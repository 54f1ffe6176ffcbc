"""What a customer's groups are told: that somebody belongs to them, no longer does, or has left us."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Literal

from stream.domain.events import GroupSignal
from stream.domain.state import State

News = Literal["joined", "parted", "left"]


def groups_of(state: State) -> tuple[str, ...]:
    """Return the customer's groups: household, payroll group, calling circles. Their ids share one space."""
    profile = state.profile
    if profile is None:
        return ()
    own = (profile.household_id, profile.payroll_group_id, *profile.circle_ids)
    return tuple(dict.fromkeys(group for group in own if group))


def moved(customer: str, state: State, before: tuple[str, ...], event: Any) -> list[GroupSignal]:
    """Return what to tell the groups after a profile; `before` are the customer's groups until then."""
    after = groups_of(state)
    signals = [_signal(customer, group, "parted", event) for group in before if group not in after]
    return signals + [_signal(customer, group, "joined", event) for group in after if group not in before]


def left_or_back(customer: str, state: State, was_gone: int, event: Any) -> list[GroupSignal]:
    """Return what to tell the groups when `left_at` has changed from `was_gone`."""
    kind: News | None = "left" if not was_gone else None if state.left_at else "joined"
    return [] if kind is None else [_signal(customer, group, kind, event) for group in groups_of(state)]


def _signal(customer: str, group: str, kind: News, event: Any) -> GroupSignal:
    """Its id is made of the event's, so that the same departure is the same signal."""
    parts = ("group", customer, group, kind, str(event.event_id))
    event_id = blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
    return GroupSignal(event_id=event_id, customer_id=customer, time=event.time, group_id=group, kind=kind)
