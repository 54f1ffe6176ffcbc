"""Whose an alert is, where the desk knows better than its routes: who stands in now, what was assigned, a leaver's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.repositories.rows import chunks, insert_into
from stream.desk.store.tables import Assignment, Branch, Episode, Staff
from stream.desk.work.spreading import Load, spread
from stream.domain.alerts import Alert
from stream.domain.events import Staff as News
from stream.domain.staff import StaffBook
from stream.policy.route import UNASSIGNED, branch_now, stands_in

_GONE = frozenset({"left", "moved"})


@dataclass(slots=True)
class Book:
    """What owners are decided by, as of one transaction."""

    staff: StaffBook
    assigned: dict[str, str] = field(default_factory=dict)  # customer -> staff id
    instead_of: dict[str, str | None] = field(default_factory=dict)

    def owner(self, alert: Alert) -> str:
        """Return who has an alert's episode on the worklist."""
        assigned = self.assigned.get(alert.customer_id)
        if assigned is not None and self.instead_of.get(alert.customer_id) == alert.rm_id:
            return self.now(f"rm:{assigned}", self.branch(alert))
        return self.now(alert.routes[0] if alert.routes else UNASSIGNED, self.branch(alert))

    def now(self, route: str, branch_id: str | None) -> str:
        """Return who a route means now: a deputy, a successor, else the branch."""
        kind, _, id_ = route.partition(":")
        if kind == "branch":
            return f"branch:{branch_now(id_, self.staff) or id_}"
        if kind != "rm":
            return route
        person = stands_in(id_, self.staff)
        if person is not None:
            return f"rm:{person}"
        return f"branch:{branch_id}" if branch_id else route

    def branch(self, alert: Alert) -> str | None:
        """Return the branch that answers for it now."""
        return branch_now(alert.branch_id, self.staff)


async def book(tx: AsyncSession, alerts: Sequence[Alert], now: int) -> Book:
    """Return the book for a batch; a leaver's customers who are not divided yet are divided by it."""
    made = Book(await staff_book(tx))
    customers = sorted({alert.customer_id for alert in alerts})
    for some in chunks(customers):
        in_force = or_(Assignment.until.is_(None), Assignment.until > now)
        rows = await tx.execute(
            select(Assignment.customer_id, Assignment.staff_id, Assignment.instead_of).where(
                Assignment.customer_id.in_(some), in_force
            )
        )
        for customer, person, instead in rows:
            made.assigned[customer], made.instead_of[customer] = person, instead
    await _divide(tx, made, alerts, now)
    return made


async def staff_book(tx: AsyncSession) -> StaffBook:
    """Return who is not simply there: the others need no looking up, however many there are."""
    made = StaffBook()
    columns = (Staff.staff_id, Staff.time, Staff.status, Staff.deputy_id, Staff.successor_ids, Staff.branch_id)
    people: Any = await tx.execute(select(*columns).where(Staff.status != "active"))
    for id_, time, status, deputy, successors, branch in people:
        made.take(
            News(
                event_id=id_,
                time=time,
                status=status,
                staff_id=id_,
                deputy_id=deputy,
                successor_ids=successors,
                branch_id=branch,
            )
        )
    places = (Branch.branch_id, Branch.time, Branch.status, Branch.into_branch_id)
    branches: Any = await tx.execute(select(*places).where(Branch.status != "active"))
    for id_, time, status, into in branches:
        made.take(News(event_id=id_, time=time, status=status, branch_id=id_, into_branch_id=into))
    return made


async def busy(tx: AsyncSession, people: Iterable[str]) -> dict[str, int]:
    """Return how many open episodes each has."""
    owners = [f"rm:{person}" for person in people]
    counts = select(Episode.owner, func.count()).where(Episode.ended_at.is_(None), Episode.owner.in_(owners))
    return {owner.removeprefix("rm:"): int(count) for owner, count in await tx.execute(counts.group_by(Episode.owner))}


def successors_of(staff: StaffBook, staff_id: str) -> list[str]:
    """Return among whom a leaver's customers are divided: of several successors those who are there.

    One successor alone takes over without the desk, as the engine routes.
    """
    news = staff.person(staff_id)
    if news is None or news.status not in _GONE or len(set(news.successor_ids)) < 2:
        return []
    found = [stands_in(successor, staff) for successor in news.successor_ids]
    return list(dict.fromkeys(person for person in found if person is not None))


async def _divide(tx: AsyncSession, made: Book, alerts: Sequence[Alert], now: int) -> None:
    """Assign customers of one who left several successors: the engine leaves them to the branch."""
    waiting: dict[str, list[str]] = {}
    for alert in alerts:
        taken = alert.customer_id in made.assigned and made.instead_of.get(alert.customer_id) == alert.rm_id
        if alert.rm_id and not taken and successors_of(made.staff, alert.rm_id):
            waiting.setdefault(alert.rm_id, []).append(alert.customer_id)
    for leaver, customers in waiting.items():
        successors = successors_of(made.staff, leaver)
        loads = [Load(customer) for customer in dict.fromkeys(customers)]
        given = spread(loads, successors, await busy(tx, successors))
        await keep(tx, given, instead_of=leaver, why="left", now=now)
        made.assigned |= given
        made.instead_of |= dict.fromkeys(given, leaver)


async def keep(tx: AsyncSession, given: dict[str, str], *, instead_of: str | None, why: str, now: int) -> None:
    """Write who looks after which customer from now on."""
    if not given:
        return
    rows = [
        {
            "customer_id": customer,
            "staff_id": person,
            "instead_of": instead_of,
            "why": why,
            "by": "desk",
            "at": now,
            "until": None,
            "list_id": None,
        }
        for customer, person in given.items()
    ]
    statement = insert_into(tx, Assignment)
    changes = {name: statement.excluded[name] for name in rows[0] if name != "customer_id"}
    await tx.execute(statement.on_conflict_do_update(index_elements=["customer_id"], set_=changes), rows)
