"""Who gets a warning: the RM of the profile, else the branch's queue, else the queue of the unassigned."""

from __future__ import annotations

from stream.domain.state import State


def route(state: State, extra: tuple[str, ...]) -> list[str]:
    """Return receivers, first the one that owns the customer; `extra` are those the rule asks for, such as fraud."""
    profile = state.profile
    if profile is not None and profile.rm_id:
        owner = f"rm:{profile.rm_id}"
    elif profile is not None and profile.branch_id:
        owner = f"branch:{profile.branch_id}"
    else:
        owner = "unassigned"
    return [owner, *(name for name in extra if name != owner)]
