"""Endpoints, alerts that are fanned out, and a sender, for tests of what leaves the house."""

from __future__ import annotations

import asyncio
import contextlib
import time

from sqlalchemy import select

from stream.desk.notify.endpoints import Endpoint, add
from stream.desk.notify.fanout import fan_out
from stream.desk.notify.metrics import NotifyMetrics
from stream.desk.notify.sender import Sender
from stream.desk.store.repositories.alerts import take_alerts
from stream.desk.store.tables import Notice, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from stream.settings.desk_notify import Notify

QUICK = {
    "webhooks": {"retries_s": (0, 0.05, 0.05), "look_every_s": 0.05, "timeout_s": 0.5},
    "retries_s": (0, 0.05, 0.05),
}


def wall():
    return round(time.time() * 1000)


class House:
    """A store, what leaves it, and by which settings."""

    def __init__(self, database, vault, **settings):
        self.database, self.vault, self.metrics = database, vault, NotifyMetrics()
        self.settings = Notify(**{**QUICK, **settings})

    async def endpoint(self, url, **more):
        """Add one of the loopback address; return its id and secret."""
        async with self.database.transaction() as tx:
            return await add(tx, self.vault, Endpoint(url=url, allow_private=True, **more), "admin", wall())

    async def take(self, *items):
        async with self.database.transaction() as tx:
            return await fan_out(tx, await take_alerts(tx, items), self.settings, wall())

    async def rows(self, entity=WebhookDelivery):
        async with self.database.reading() as session:
            return list(await session.scalars(select(entity)))

    async def states(self, entity=WebhookDelivery):
        return sorted(row.state for row in await self.rows(entity))

    async def attempts(self):
        return [(row.attempt, row.status, row.fault) for row in sorted(await self.rows(WebhookAttempt), key=_in_order)]

    async def get(self, endpoint_id):
        async with self.database.reading() as session:
            return await session.get(WebhookEndpoint, endpoint_id)

    async def became(self, *states, entity=WebhookDelivery, within_s=10.0):
        """Wait until the rows have these states."""
        end = time.monotonic() + within_s
        while (there := await self.states(entity)) != sorted(states):
            assert time.monotonic() < end, there
            await asyncio.sleep(0.02)

    async def tried(self, entity, within_s=10.0):
        """Wait until each was tried at least once, and return the rows."""
        end = time.monotonic() + within_s
        while True:
            rows = await self.rows(entity)
            if all(row.attempts for row in rows):
                return rows
            assert time.monotonic() < end, "not all were tried"
            await asyncio.sleep(0.02)

    async def notices(self):
        return [(row.channel, row.receiver, row.template, row.state) for row in await self.rows(Notice)]

    @contextlib.asynccontextmanager
    async def sending(self, survey_s=0.1):
        """Run a sender."""
        sender = Sender(self.database, self.vault, self.settings, wall, metrics=self.metrics, survey_s=survey_s)
        task = asyncio.create_task(sender.run())
        try:
            yield sender
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _in_order(row):
    return (row.at, row.delivery_id, row.attempt)
