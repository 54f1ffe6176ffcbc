"""Whose pages a route reaches. A push's receiver is a staff id; a route is written as in an alert's `routes`."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.repositories.people import Directory, directory_of

_WORKS = frozenset({"active", "moved"})


def people_of(directory: Directory, route: str) -> tuple[str, ...]:
    """Return the staff ids: of `branch:ID` its managers, else those of who works there, else all who work there.

    A department outside (fraud, risk) has no page of the desk: it is told by webhook, mail or bot.
    """
    kind, _, id_ = route.partition(":")
    if kind in ("rm", "manager") and id_:
        return (id_,)
    return _of_branch(directory, id_) if kind == "branch" and id_ else ()


async def reached(tx: AsyncSession, routes: Iterable[str]) -> Directory:
    """Return as much of the directory as `people_of` needs for these routes."""
    ids: dict[str, set[str]] = {"rm": set(), "manager": set(), "branch": set()}
    for route in routes:
        kind, _, id_ = route.partition(":")
        if kind in ids and id_:
            ids[kind].add(id_)
    return await directory_of(tx, ids["rm"] | ids["manager"], ids["branch"])


def _of_branch(directory: Directory, branch_id: str) -> tuple[str, ...]:
    branch = directory.branches.get(branch_id)
    here = [person for person in directory.staff.values() if person.branch_id == branch_id and person.status in _WORKS]
    managers = {person.staff_id for person in here if person.role == "manager"}
    if branch is not None and branch.manager_id:
        managers.add(branch.manager_id)
    managers = managers or {person.manager_id for person in here if person.manager_id}
    return tuple(sorted(managers or {person.staff_id for person in here if person.role == "rm"}))
