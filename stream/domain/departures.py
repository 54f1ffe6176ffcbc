"""What a customer's groups are told: that somebody belongs to them, no longer does, or has left us."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, Literal

from stream.domain.events import GroupKind, GroupSignal
from stream.domain.state import State

News = Literal["joined", "parted", "left"]
Groups = Mapping[str, GroupKind]


def groups_of(state: State) -> Groups:
    """Return the customer's groups and their kinds. Their ids share one space; the first kind of an id counts."""
    profile = state.profile
    if profile is None or not (profile.household_id or profile.payroll_group_id or profile.circle_ids):
        return _NONE
    groups: dict[str, GroupKind] = {}
    if profile.household_id:
        groups[profile.household_id] = "household"
    if profile.payroll_group_id:
        groups.setdefault(profile.payroll_group_id, "payroll")
    for circle in profile.circle_ids:
        groups.setdefault(circle, "circle")
    return groups


def moved(customer: str, state: State, before: Groups, event: Any) -> list[GroupSignal]:
    """Return what to tell the groups after a profile; `before` are the customer's groups until then.

    A profile that comes behind the departure says which groups somebody left, at the time when they did.
    """
    after = groups_of(state)
    signals = [_signal(customer, group, before[group], "parted", event) for group in before if group not in after]
    kind: News = "left" if state.left_at else "joined"
    time = state.left_at or event.time
    return signals + [_signal(customer, g, after[g], kind, event, time) for g in after if g not in before]


def left_or_back(customer: str, state: State, was_gone: int, event: Any) -> list[GroupSignal]:
    """Return what to tell the groups when `left_at` has changed from `was_gone`."""
    kind: News | None = "left" if not was_gone else None if state.left_at else "joined"
    groups = groups_of(state)
    return [] if kind is None else [_signal(customer, group, groups[group], kind, event) for group in groups]


def forgotten(customer: str, state: State, event: Any) -> list[GroupSignal]:
    """Return what to tell the groups of a customer who is forgotten: the name goes there as well.

    At the customer's newest event time: the tombstone's own time is the broker's clock.
    """
    groups = groups_of(state)
    return [_signal(customer, group, groups[group], "parted", event, state.newest) for group in groups]


def _signal(
    customer: str, group: str, group_kind: GroupKind, kind: News, event: Any, time: int | None = None
) -> GroupSignal:
    """Its id is made of the event's, so that the same departure is the same signal."""
    parts = ("group", customer, group, kind, str(event.event_id))
    return GroupSignal(
        event_id=blake2b("\0".join(parts).encode(), digest_size=16).hexdigest(),
        customer_id=customer,
        time=event.time if time is None else time,
        group_id=group,
        group_kind=group_kind,
        kind=kind,
    )


_NONE: Groups = MappingProxyType({})
