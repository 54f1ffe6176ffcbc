"""What is open, and overdue, by who has it."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.reports.scope import Scope
from stream.desk.store.tables import Episode


class Workload(Struct, frozen=True):
    """Of one owner: `rm:ID`, `branch:ID` or `unassigned`. Snoozed ones are in no other count but `snoozed`."""

    owner: str
    customers: int
    open: int
    new: int  # not acknowledged
    overdue: int  # not acknowledged, and past the due time of the next step
    snoozed: int
    held: int  # not pushed yet: budget, quiet hours or storm
    oldest_overdue_at: int | None  # due time, epoch ms
    value: float  # at risk, units a year: each customer's largest


async def workload(session: AsyncSession, scope: Scope, now: int) -> list[Workload]:
    """Return everybody who has something open, the most overdue first; `now`: epoch ms."""
    snoozed = func.coalesce(Episode.snoozed_until, 0) > now
    unseen = and_(~snoozed, Episode.acknowledged_at.is_(None))
    late = and_(unseen, Episode.due_at < now)
    figures = (
        func.count(Episode.customer_id.distinct()).label("customers"),
        func.count().filter(~snoozed).label("open"),
        func.count().filter(unseen).label("new"),
        func.count().filter(late).label("overdue"),
        func.count().filter(snoozed).label("snoozed"),
        func.count().filter(and_(~snoozed, Episode.held_by.is_not(None))).label("held"),
        func.min(Episode.due_at).filter(late).label("oldest_overdue_at"),
    )
    mine = Episode.ended_at.is_(None), *scope.of(Episode.branch_id)
    rows = (await session.execute(select(Episode.owner, *figures).where(*mine).group_by(Episode.owner))).all()
    values = await _values(session, scope)
    found = [Workload(**row._mapping, value=values.get(row.owner, 0.0)) for row in rows]
    return sorted(found, key=lambda one: (-one.overdue, -one.open, one.owner))


async def _values(session: AsyncSession, scope: Scope) -> dict[str, float]:
    """Return what is at risk: a customer with several episodes counts once, with the largest value."""
    worth = func.max(func.coalesce(Episode.value, 0.0)).label("worth")
    mine = Episode.ended_at.is_(None), *scope.of(Episode.branch_id)
    each = select(Episode.owner, worth).where(*mine).group_by(Episode.owner, Episode.customer_id).subquery()
    rows = await session.execute(select(each.c.owner, func.sum(each.c.worth)).group_by(each.c.owner))
    return {owner: float(total) for owner, total in rows}
