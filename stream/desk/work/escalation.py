"""When an unacknowledged warning goes to whom: deputy, then branch, then manager, each once. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from stream.desk.work.hours import Hours
from stream.settings.desk_work import Escalation

Receiver = Literal["deputy", "branch", "manager"]
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Planned:
    """A step, numbered from 1, and when it is due (epoch ms)."""

    number: int
    to: Receiver
    due_at: int


def plan(config: Escalation, hours: Hours, *, severity: str, due_at: int | None, now: int) -> list[Planned]:
    """Return the steps of a warning that nobody has acknowledged until `now` (epoch ms).

    It counts from the due time of the next step, and never from before the grace that a warning has once it is here:
    one that was long due when it came does not go to three people at once.
    """
    around = severity in config.round_the_clock
    due = _later(hours, now, config.without_due_h, around) if due_at is None else due_at
    start = max(due, _later(hours, now, config.grace_h, around))
    steps = enumerate(config.steps, start=1)
    return [Planned(number, step.to, _later(hours, start, step.after_h, around)) for number, step in steps]


def _later(hours: Hours, time: int, work_h: float, around: bool) -> int:
    ms = round(work_h * _HOUR_MS)
    return time + ms if around else hours.add(time, ms)


class Person(Protocol):
    """A row of `staff`."""

    status: str
    deputy_id: str | None
    manager_id: str | None
    branch_id: str | None


class Place(Protocol):
    """A row of `branches`."""

    manager_id: str | None


def receiver(
    to: Receiver, owner: str, branch_id: str | None, staff: Mapping[str, Person], branches: Mapping[str, Place]
) -> str | None:
    """Return who a step goes to, as in an alert's routes; `None`: nobody is there, or it is the owner already.

    Args:
        to: the step.
        owner: who has the episode, `rm:ID` or `branch:ID`.
        branch_id: that answers for it now, followed through mergers.
        staff: by id.
        branches: by id.
    """
    kind, _, id_ = owner.partition(":")
    person = staff.get(id_) if kind == "rm" else None
    if to == "deputy":
        found = person.deputy_id if person is not None else None
        deputy = staff.get(found) if found else None
        there = found is not None and (deputy is None or deputy.status in ("active", "moved"))
        target = f"rm:{found}" if there else None
    elif to == "branch":
        target = f"branch:{branch_id}" if branch_id else None
    else:
        target = _manager(person, branch_id, branches)
    return None if target == owner else target


def _manager(person: Person | None, branch_id: str | None, branches: Mapping[str, Place]) -> str | None:
    branch = branches.get(branch_id) if branch_id else None
    found = (person.manager_id if person is not None else None) or (branch.manager_id if branch is not None else None)
    return f"manager:{found}" if found else None
