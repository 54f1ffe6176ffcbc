"""A month's figures kept as they stood when it ended: what profiles say later does not rewrite them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.reports.month import Month
from stream.desk.reports.scope import Scope
from stream.desk.reports.stock import stock
from stream.desk.reports.tally import Key, tally
from stream.desk.reports.touched import touched
from stream.desk.store.database import Database
from stream.desk.store.repositories.rows import chunks, insert_into
from stream.desk.store.tables import MonthlyFigure, Profile
from stream.domain.business import Business
from stream.settings.desk_reports import Reports

HOUSE = ""
"""The whole house, where a branch is named."""


async def figures(
    session: AsyncSession, month: Month, branch_id: str, business: Business, settings: Reports, *, stocks: bool = True
) -> dict[Key, float]:
    """Return a month's figures as they are now; `stocks`: customers, deposits and loans too."""
    scope = Scope((branch_id,) if branch_id else ())
    flows = tally(await touched(session, scope, month.period(business)))
    return flows | (await stock(session, scope, settings) if stocks else {})


async def kept(session: AsyncSession, month: Month, branch_id: str) -> dict[Key, float] | None:
    """Return the figures of a month that was closed; None: it was not."""
    mine = select(MonthlyFigure).where(MonthlyFigure.month == str(month), MonthlyFigure.branch_id == branch_id)
    rows = list(await session.scalars(mine))
    return {Key(row.measure, row.dimension, row.value): row.amount for row in rows} or None


async def close(database: Database, month: Month, business: Business, settings: Reports, now: int) -> int:
    """Keep a month's figures of the house and of every branch, once; return of how many of them they were new.

    A transaction each: it can be stopped at any time and goes on the next time. The house comes last, so that it tells
    that all are there.
    """
    async with database.reading() as session:
        branches = await session.scalars(select(Profile.branch_id).where(Profile.branch_id.is_not(None)).distinct())
        places = [*sorted(one for one in branches if one), HOUSE]
    closed = 0
    for place in places:
        async with database.reading() as session:
            if await kept(session, month, place) is not None:
                continue
            amounts = await figures(session, month, place, business, settings)
        async with database.transaction(ordered=False) as tx:
            await _keep(tx, month, place, amounts, now)
        closed += 1
    return closed


async def is_closed(session: AsyncSession, month: Month) -> bool:
    """Tell whether all of a month's figures are kept."""
    house = MonthlyFigure.month == str(month), MonthlyFigure.branch_id == HOUSE
    return bool(await session.scalar(select(func.count()).select_from(MonthlyFigure).where(*house)))


def due(now: int, business: Business, settings: Reports) -> Month | None:
    """Return the month that is to be closed by now: the last one, once its closing time has come."""
    this = Month.at(now, business)
    begins = this.period(business).since
    day = business.day(begins) + settings.close_day - 1
    return this.before if now >= business.day_start(day, settings.close_hour) else None


async def _keep(tx: AsyncSession, month: Month, place: str, amounts: Mapping[Key, float], now: int) -> None:
    statement = insert_into(tx, MonthlyFigure).on_conflict_do_nothing()
    for some in chunks(list(_rows(month, place, amounts, now))):
        await tx.execute(statement, list(some))


def _rows(month: Month, place: str, amounts: Mapping[Key, float], now: int) -> Iterator[dict[str, object]]:
    for key, amount in {Key("customers", "all", ""): 0.0, **amounts}.items():
        yield {"month": str(month), "branch_id": place, **key._asdict(), "amount": amount, "made_at": now}
