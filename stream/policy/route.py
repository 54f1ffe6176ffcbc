"""Who gets a warning: the RM of the profile or who stands in, else the branch's queue, else the unassigned."""

from __future__ import annotations

from stream.domain.staff import StaffBook
from stream.domain.state import State

UNASSIGNED = "unassigned"
_MOST_STEPS = 8
"""Deputies of deputies, branches merged into merged ones: a ring among them must not go round for ever."""


def route(state: State, extra: tuple[str, ...], staff: StaffBook) -> list[str]:
    """Return receivers, first the one that owns the customer; `extra` are those the rule asks for, such as fraud."""
    owner = _owner(state, staff)
    return [owner, *(name for name in dict.fromkeys(extra) if name != owner)]


def _owner(state: State, staff: StaffBook) -> str:
    profile = state.profile
    if profile is None:
        return UNASSIGNED
    rm = stands_in(profile.rm_id, staff) if profile.rm_id else None
    if rm is not None:
        return f"rm:{rm}"
    branch = branch_now(profile.branch_id or _branch_of(profile.rm_id, staff), staff)
    if branch is not None:
        return f"branch:{branch}"
    away = staff.person(profile.rm_id) if profile.rm_id else None
    return f"rm:{profile.rm_id}" if away is not None and away.status == "leave" else UNASSIGNED


def stands_in(rm_id: str, staff: StaffBook) -> str | None:
    """Return who looks after an RM's customers: the RM, the deputy while on leave, the one successor when gone.

    `None`: nobody does, or there are several and the branch has to divide the work.
    """
    person = rm_id
    for _ in range(_MOST_STEPS):
        news = staff.person(person)
        if news is None or news.status == "active":
            return person
        if news.status == "leave":
            following = news.deputy_id
        else:
            following = news.successor_ids[0] if len(news.successor_ids) == 1 else None
        if following is None:
            return None
        person = following
    return None


def branch_now(branch_id: str | None, staff: StaffBook) -> str | None:
    """Return where a branch's work is done now; `None` when it closed and none took over."""
    branch = branch_id or None
    for _ in range(_MOST_STEPS):
        news = staff.branch(branch) if branch else None
        if news is None or news.status not in ("merged", "closed"):
            return branch
        branch = news.into_branch_id
    return None


def _branch_of(rm_id: str | None, staff: StaffBook) -> str | None:
    """Return the branch of an RM, where the customer's profile names none; one who moved took none along."""
    news = staff.person(rm_id) if rm_id else None
    return news.branch_id if news is not None and news.status != "moved" else None
