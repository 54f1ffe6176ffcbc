"""Warnings taken and decided on as the intake does it, for tests of pushing."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from stream.desk.push.deciding import decide
from stream.desk.push.habits import Rules
from stream.desk.push.metrics import PushMetrics
from stream.desk.push.releasing import release_due
from stream.desk.store.repositories.alerts import take_alerts
from stream.desk.store.repositories.people import put_preference, put_staff
from stream.desk.store.tables import Episode, Holdback, Push, PushDay
from stream.domain.business import Business
from stream.domain.calendar import Calendar
from stream.settings.desk_push import Push as Settings
from support.desk_rows import NOW, staff

BUSINESS = Business(ZoneInfo("Asia/Shanghai"), calendar=Calendar(""))
"""`NOW` is a Wednesday, 19:06 there."""


class Office:
    """A store, its rules, and what people were told."""

    def __init__(self, database, **settings):
        self.database = database
        self.rules = Rules(Settings(**settings), BUSINESS, PushMetrics())

    async def hire(self, *records):
        async with self.database.transaction() as tx:
            for record in records or (staff("rm-1"),):
                await put_staff(tx, record)

    async def prefer(self, staff_id, **values):
        async with self.database.transaction() as tx:
            await put_preference(tx, staff_id, NOW, **values)

    async def take(self, *items, now=NOW):
        """Take alerts in; return who is woken."""
        async with self.database.transaction() as tx:
            fresh = await take_alerts(tx, items)
            return await decide(tx, fresh, self.rules, now)

    async def release(self, now, **more):
        return await release_due(self.database, self.rules, now, **more)

    async def acknowledge(self, *customers, at=NOW):
        async with self.database.transaction() as tx:
            fits = Episode.customer_id.in_(customers)
            await tx.execute(update(Episode).where(fits).values(acknowledged_at=at))

    async def pushes(self, receiver="rm-1"):
        async with self.database.reading() as session:
            rows = await session.scalars(select(Push).where(Push.receiver == receiver).order_by(Push.number))
            return [(row.event, row.customer_id, row.notify) for row in rows]

    async def told(self, receiver="rm-1"):
        """Return what wants to be noticed: what only lets an open page follow is left out."""
        return [push for push in await self.pushes(receiver) if push[0] != "change"]

    async def last_data(self, receiver="rm-1"):
        async with self.database.reading() as session:
            rows = await session.scalars(select(Push).where(Push.receiver == receiver).order_by(Push.number.desc()))
            return rows.first().data

    async def held(self):
        """Return who waits, why and until when, by rank."""
        async with self.database.reading() as session:
            waiting = select(Holdback).where(Holdback.released_at.is_(None))
            rows = await session.scalars(waiting.order_by(Holdback.priority, Holdback.points.desc()))
            return [(row.customer_id, row.why, row.release_at) for row in rows]

    async def released(self):
        async with self.database.reading() as session:
            rows = await session.scalars(select(Holdback).where(Holdback.released_at.is_not(None)))
            return {row.customer_id: row.released_by for row in rows}

    async def shown_held(self):
        async with self.database.reading() as session:
            rows = await session.scalars(select(Episode).where(Episode.held_by.is_not(None)))
            return {row.customer_id: row.held_by for row in rows}

    async def day(self, receiver="rm-1"):
        async with self.database.reading() as session:
            rows = await session.scalars(select(PushDay).where(PushDay.receiver == receiver).order_by(PushDay.day))
            return [(row.day.isoformat(), row.pushed, row.passed, row.held) for row in rows]
