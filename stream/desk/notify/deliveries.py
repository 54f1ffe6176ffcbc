"""The queue of one webhook endpoint, in the store."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.notify.book import Attempt, Claim, Item
from stream.desk.notify.channel import Parcel
from stream.desk.notify.failing import judge, notices
from stream.desk.notify.fanout import WEBHOOK, write_notices
from stream.desk.notify.metrics import NotifyMetrics
from stream.desk.notify.schedule import next_at
from stream.desk.notify.signing import key_of
from stream.desk.notify.webhook import Posts, WebhookChannel
from stream.desk.notify.worker import ROUNDS
from stream.desk.store.database import Database
from stream.desk.store.repositories.rows import table
from stream.desk.store.tables import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookSecret
from stream.desk.store.vault import Vault
from stream.settings.desk_notify import Notify

_CORE = {"synchronize_session": False}


class DeliveryBook:
    """Of one endpoint. URL and secrets are read anew with each claim, so that a rotation holds from the next on."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        posts: Posts,
        endpoint_id: str,
        settings: Notify,
        *,
        clock: Callable[[], int],
        metrics: NotifyMetrics,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`chance`: 0 to 1, for the jitter."""
        self._database, self._vault, self._posts, self._id = database, vault, posts, endpoint_id
        self._notify, self._settings = settings, settings.webhooks
        self._clock, self._metrics, self._chance = clock, metrics, chance

    async def claim(self, limit: int, now: int) -> Claim | None:
        """Take some that are due, the longest waiting first."""
        async with self._database.reading() as look:  # who writes nothing makes nobody wait
            if not (await look.execute(self._due(now).limit(1))).all():
                return None
        async with self._database.transaction(ordered=False) as tx:
            endpoint = await tx.get(WebhookEndpoint, self._id)
            if endpoint is None or not endpoint.enabled:
                return None
            rows = (await tx.execute(self._due(now).limit(limit).with_for_update(skip_locked=True))).all()
            claimed = WebhookDelivery.delivery_id.in_([row.delivery_id for row in rows])
            until = now + round((self._settings.timeout_s * ROUNDS + 30) * 1000)
            await tx.execute(update(WebhookDelivery).where(claimed).values(next_at=until), execution_options=_CORE)
            channel = self._channel(endpoint, await self._keys(tx, now))
        return Claim(channel, [_item(row) for row in rows]) if rows else None

    def _due(self, now: int) -> Any:
        mine = WebhookDelivery.endpoint_id == self._id, WebhookDelivery.ended_at.is_(None)
        columns = (WebhookDelivery.delivery_id, WebhookDelivery.replay_of, WebhookDelivery.payload)
        due = select(*columns, WebhookDelivery.attempts).where(*mine, WebhookDelivery.next_at <= now)
        return due.order_by(WebhookDelivery.next_at)

    async def _keys(self, tx: AsyncSession, now: int) -> list[bytes]:
        """Return the keys that sign now, the newest first."""
        valid = or_(WebhookSecret.expires_at.is_(None), WebhookSecret.expires_at > now)
        mine = select(WebhookSecret.secret_sealed).where(WebhookSecret.endpoint_id == self._id, valid)
        newest = await tx.scalars(mine.order_by(WebhookSecret.created_at.desc()))
        return [key_of(self._vault.open(sealed)) for sealed in newest]

    def _channel(self, endpoint: WebhookEndpoint, keys: Sequence[bytes]) -> WebhookChannel:
        return WebhookChannel(
            self._posts,
            self._vault.open(endpoint.url_sealed),
            keys,
            allow_private=endpoint.allow_private,
            timeout_s=self._settings.timeout_s,
            clock=self._clock,
        )

    async def record(self, attempts: Sequence[Attempt], now: int) -> None:
        """Write what came of them; after a 410, or when it fails for too long, nothing more is sent to the endpoint."""
        async with self._database.transaction(ordered=False) as tx:
            gave_up = False
            for attempt in attempts:
                values = self._result(attempt, now)
                gave_up |= values["state"] == "failed" and not attempt.answer.hopeless
                row = WebhookDelivery.delivery_id == attempt.item.key, WebhookDelivery.ended_at.is_(None)
                done = await tx.execute(update(WebhookDelivery).where(*row).values(**values), execution_options=_CORE)
                if done.rowcount:  # type: ignore[attr-defined]  # else: deleted meanwhile, a customer was forgotten
                    await tx.execute(insert(table(WebhookAttempt)).values(**_attempt(attempt)))
            await self._judge(tx, attempts, gave_up, now)

    async def _judge(self, tx: AsyncSession, attempts: Sequence[Attempt], gave_up: bool, now: int) -> None:
        endpoint = await tx.get(WebhookEndpoint, self._id)
        if endpoint is None or not endpoint.enabled:
            return
        if any(attempt.answer.gone for attempt in attempts):
            await self._off(tx, endpoint, "gone", now)
            self._metrics.gone.inc()
            return
        judged = judge(endpoint.failing_since, attempts, gave_up, self._notify, now)
        if judged.since != endpoint.failing_since:
            endpoint.failing_since = judged.since
        if judged.disable:
            await self._off(tx, endpoint, "failing", now)
            self._metrics.given_up.inc()
        elif judged.warn:
            await self._tell(tx, endpoint, "webhook_failing", now)

    async def _off(self, tx: AsyncSession, endpoint: WebhookEndpoint, why: str, now: int) -> None:
        await tx.flush()
        await disable(tx, self._id, why, now)
        await self._tell(tx, endpoint, "webhook_disabled", now)

    async def _tell(self, tx: AsyncSession, endpoint: WebhookEndpoint, template: str, now: int) -> None:
        since = endpoint.failing_since or now
        await write_notices(tx, list(notices(endpoint, template, since, self._notify, now)))

    def _result(self, attempt: Attempt, now: int) -> dict[str, Any]:
        answer, made = attempt.answer, attempt.item.attempts + 1
        again = None
        if not (answer.taken or answer.gone or answer.hopeless):
            again = next_at(
                made,
                self._settings.retries_s,
                now,
                jitter=self._settings.jitter,
                chance=self._chance(),
                asked_s=answer.wait_s,
            )
        result = "taken" if answer.taken else "gone" if answer.gone else "given_up" if again is None else "again"
        self._metrics.attempts.labels(WEBHOOK, result).inc()
        state = "delivered" if answer.taken else "failed" if again is None else "pending"
        return {
            "state": state,
            "attempts": made,
            "next_at": again,
            "ended_at": None if state == "pending" else now,
            "last_status": answer.status,
            "last_fault": answer.fault,
        }


async def disable(tx: AsyncSession, endpoint_id: str, why: str, now: int) -> bool:
    """Disable an endpoint and cancel what waits for it; tell whether there was one enabled."""
    mine = WebhookEndpoint.endpoint_id == endpoint_id, WebhookEndpoint.enabled
    changed = update(WebhookEndpoint).where(*mine).returning(WebhookEndpoint.endpoint_id)
    off = changed.values(enabled=False, disabled_at=now, disabled_why=why, updated_at=now)
    there = (await tx.execute(off, execution_options=_CORE)).first() is not None
    waiting = WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.ended_at.is_(None)
    cancelled = update(WebhookDelivery).where(*waiting).values(state="cancelled", ended_at=now, next_at=None)
    await tx.execute(cancelled, execution_options=_CORE)
    return there


def _item(row: Any) -> Item:
    """A replay keeps the id of the first, so that a receiver that has it can tell."""
    return Item(row.delivery_id, Parcel(id=row.replay_of or row.delivery_id, body=row.payload), row.attempts)


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "delivery_id": attempt.item.key,
        "attempt": attempt.item.attempts + 1,
        "at": attempt.at,
        "status": attempt.answer.status,
        "fault": attempt.answer.fault,
        "took_ms": attempt.took_ms,
    }
