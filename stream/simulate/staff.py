"""The town's relationship managers: who they are, who is away, who leaves."""

from __future__ import annotations

from typing import Any, NamedTuple

from stream.simulate import params as p
from stream.simulate.clock import Clock, rfc3339
from stream.simulate.drift import Drifts
from stream.simulate.leavers import arrivals
from stream.simulate.life import HOUR
from stream.simulate.population import branch_id, rm_id, stream_of

_AWAY_RATE = 0.8
_LEFT_RATE = 0.12


class StaffEvent(NamedTuple):
    """One record of `staff`: epoch second, record key, value."""

    second: int
    key: str
    value: dict[str, Any]


def events(customers: int, seed: int, clock: Clock) -> list[StaffEvent]:
    """Return everything that happens to the staff that looks after `customers`, in order of time."""
    count = -(-customers // p.RM_CUSTOMERS)
    found = [event for rm in range(count) for event in _career(rm, count, seed, clock)]
    found += [_manager(branch, seed, clock) for branch in range(-(-count // p.BRANCH_RMS))]
    return sorted(found, key=lambda event: (event.second, event.key))


def always_there(customers: int, seed: int, clock: Clock) -> list[str]:
    """Return the relationship managers who are never away and do not leave within the run."""
    told = events(customers, seed, clock)
    away = {event.key for event in told if event.value["status"] != "active"}
    return [rm_id(n) for n in range(-(-customers // p.RM_CUSTOMERS)) if rm_id(n) not in away]


def manager_id(rm: int) -> str:
    """Return who manages the branch of relationship manager number `rm`."""
    return f"manager-{rm // p.BRANCH_RMS:03d}"


def _manager(branch: int, seed: int, clock: Clock) -> StaffEvent:
    """Return the one record of a branch's manager: there from the start, and always."""
    first = branch * p.BRANCH_RMS
    second, person = clock.begins(0) + 5 * HOUR, manager_id(first)
    value = {
        "event_id": f"sim{seed}-{person}-1",
        "time": rfc3339(second),
        "staff_id": person,
        "status": "active",
        "branch_id": branch_id(first),
    }
    return StaffEvent(second, person, value)


def _career(rm: int, count: int, seed: int, clock: Clock) -> list[StaffEvent]:
    first = rm // p.BRANCH_RMS * p.BRANCH_RMS
    colleagues = [rm_id(n) for n in range(first, min(first + p.BRANCH_RMS, count)) if n != rm]
    told: list[StaffEvent] = []

    def tell(day: int, status: str, **more: Any) -> None:
        second = clock.begins(day) + 5 * HOUR
        value = {
            "event_id": f"sim{seed}-{rm_id(rm)}-{len(told) + 1}",
            "time": rfc3339(second),
            "staff_id": rm_id(rm),
            "status": status,
            "branch_id": branch_id(rm),
            "manager_id": manager_id(rm),
            **more,
        }
        told.append(StaffEvent(second, rm_id(rm), value))

    tell(0, "active")
    if not colleagues:
        return told
    random = stream_of(seed, "staff", rm)
    none = Drifts((), clock)
    leaves = next(arrivals(stream_of(seed, "staff", rm, "left"), _LEFT_RATE, "staff", 20, none))
    free = 0
    for day in arrivals(random, _AWAY_RATE, "staff", 5, none):
        back = day + random.randrange(3, 15)
        deputy = random.choice(colleagues)
        if back >= min(leaves, clock.days):
            break
        if day > free:
            tell(day, "leave", deputy_id=deputy)
            tell(back, "active")
            free = back
    if leaves < clock.days:
        tell(leaves, "left", successor_ids=colleagues[:2])
    return told
