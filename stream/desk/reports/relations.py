"""How the relations of each RM's customers stand: health, and who was spoken to."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.reports.scope import Period, Scope
from stream.desk.store.tables import Assignment, Contact, Episode, Profile, Staff
from stream.domain.contacts import ANSWERS


class Relations(Struct, frozen=True):
    """Of one RM (staff id). `health`: mean of the customers with an open warning, 0 to 100; None: none is known."""

    rm_id: str
    customers: int
    at_risk: int  # with an open warning
    health: float | None
    contacts: int  # made or tried in the period
    reached: int  # of these, that the customer answered
    customers_contacted: int


async def relations(session: AsyncSession, scope: Scope, period: Period) -> list[Relations]:
    """Return every RM with customers, the least healthy first."""
    customers = await _customers(session, scope)
    health = await _health(session, scope)
    contacts = await _contacts(session, scope, period)
    everybody = sorted(customers.keys() | health.keys() | contacts.keys())
    found = [
        Relations(rm, customers.get(rm, 0), *health.get(rm, (0, None)), *contacts.get(rm, (0, 0, 0)))
        for rm in everybody
    ]
    return sorted(found, key=lambda one: (101.0 if one.health is None else one.health, one.rm_id))


async def _customers(session: AsyncSession, scope: Scope) -> dict[str, int]:
    """Count by who looks after them: the desk's own assignment goes before the profile."""
    rm = func.coalesce(Assignment.staff_id, Profile.rm_id).label("rm")
    people = select(rm, func.count()).select_from(Profile)
    joined = people.join(Assignment, Assignment.customer_id == Profile.customer_id, isouter=True)
    rows = await session.execute(joined.where(*scope.of(Profile.branch_id)).group_by(rm))
    return {who: int(count) for who, count in rows if who is not None}


async def _health(session: AsyncSession, scope: Scope) -> dict[str, tuple[int, float | None]]:
    """Return how many customers have an open warning, and the mean of what their warnings say of their health."""
    mine = Episode.ended_at.is_(None), Episode.owner.startswith("rm:"), *scope.of(Episode.branch_id)
    columns = (Episode.owner, Episode.customer_id)
    each = select(*columns, func.min(Episode.health).label("health")).where(*mine).group_by(*columns).subquery()
    rows = await session.execute(select(each.c.owner, func.count(), func.avg(each.c.health)).group_by(each.c.owner))
    return {
        owner.removeprefix("rm:"): (int(count), None if mean is None else float(mean)) for owner, count, mean in rows
    }


async def _contacts(session: AsyncSession, scope: Scope, period: Period) -> dict[str, tuple[int, int, int]]:
    answered = Contact.result.in_(sorted(ANSWERS))
    figures = (func.count(), func.count().filter(answered), func.count(Contact.customer_id.distinct()))
    made = select(Contact.staff_id, *figures).where(*period.of(Contact.at)).group_by(Contact.staff_id)
    if scope.branch_ids:
        made = made.join(Staff, and_(Staff.staff_id == Contact.staff_id, *scope.of(Staff.branch_id)))
    rows = await session.execute(made)
    return {who: (int(all_), int(reached), int(customers)) for who, all_, reached, customers in rows}
