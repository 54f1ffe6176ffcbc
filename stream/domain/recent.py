"""When service events of a type last happened, whatever their cause."""

from __future__ import annotations

from stream.domain.state import State


def times(state: State, type_: str) -> list[int]:
    """Return the kept times (epoch ms) of a type of service event, oldest first; each cause is kept apart."""
    recent = state.recent
    if not recent:
        return []
    prefix = f"{type_}/"
    with_cause = [name for name in recent if name.startswith(prefix)]
    if not with_cause:
        return recent.get(type_, [])
    return sorted([*recent.get(type_, ()), *(time for name in with_cause for time in recent[name])])


def last(state: State, type_: str) -> int:
    """Return when a type of service event happened last, epoch ms; 0 = never."""
    known = times(state, type_)
    return known[-1] if known else 0
