"""Managers who watch: their open page follows what happens at their branches, and nothing of it notifies them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stream.desk.store.repositories.people import Directory
from stream.desk.store.repositories.pushes import NewPush

MOST = 20
"""Customers that one change names: of more than that a page loads its list anew."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Something changed about a customer; who already has a push of it needs no other."""

    customer_id: str
    owner: str
    branch_id: str | None
    told: frozenset[str] = frozenset()


def watchers(directory: Directory, owner: str, branch_id: str | None) -> Iterator[str]:
    """Yield the managers within whose reach it is: of the branch, and of the person who has it.

    >>> list(watchers(Directory({}, {}), "rm:rm-1", None))
    []
    """
    kind, _, id_ = owner.partition(":")
    branches = {branch_id, id_ if kind == "branch" else None} - {None}
    for person in directory.staff.values():
        if person.role == "manager" and person.branch_id in branches and person.status != "left":
            yield person.staff_id
    for branch in (directory.branches.get(one or "") for one in branches):
        if branch is not None and branch.manager_id:
            yield branch.manager_id
    theirs = directory.staff.get(id_) if kind == "rm" else None
    if theirs is not None and theirs.manager_id:
        yield theirs.manager_id


def changes(directory: Directory, seen: Iterable[Seen]) -> list[NewPush]:
    """Return one silent push a manager, however much happened at once."""
    customers: dict[str, dict[str, None]] = {}
    for one in seen:
        for manager in watchers(directory, one.owner, one.branch_id):
            if manager not in one.told:
                customers.setdefault(manager, {})[one.customer_id] = None
    return [change_of(manager, list(theirs)) for manager, theirs in sorted(customers.items())]


def change_of(receiver: str, customers: list[str]) -> NewPush:
    """Return the push of a change that several customers share."""
    named = customers if len(customers) <= MOST else []
    return NewPush(receiver=receiver, event="change", data={"what": "several", "customers": named})
