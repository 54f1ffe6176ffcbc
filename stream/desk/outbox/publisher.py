"""Publishes what waits in the outbox; waits itself while the broker or the database is away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from sqlalchemy.exc import SQLAlchemyError

from stream.broker.clients import client_options
from stream.config import Settings
from stream.desk.leading import Deposed, Lead
from stream.desk.pauses import Pauses
from stream.desk.standing import Standings
from stream.desk.store.database import Database, away
from stream.desk.store.repositories.outbox import (
    Sent,
    give_up,
    mark_failed,
    mark_published,
    waiting_count,
    waiting_messages,
)
from stream.desk.store.tables import Outbox
from stream.desk_metrics import DeskMetrics
from stream.domain.alerts import DESK_SOURCE, DeskAlert
from stream.domain.alerts import headers as alert_headers
from stream.engine.log.partition import partition_for
from stream.engine.shard.pseudonyms import on
from stream.topics import BY_NAME

log = logging.getLogger(__name__)

PART = "outbox"
_AT_ONCE = 200
_LOOK_EVERY_S = 0.5  # for what other processes committed
_STAND_BY_S = 2.0
_ANSWERS_S = 3.0  # a broker that takes longer is away
_BYTES = 900_000  # below what a broker takes in one batch


class Publisher:
    """One process's part in publishing. `wake` after a commit, so that nobody waits for the next look."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        lead: Lead,
        metrics: DeskMetrics,
        standings: Standings,
        clock: Callable[[], int],
    ) -> None:
        """`clock`: wall clock, epoch ms."""
        self._settings, self._database, self._lead = settings, database, lead
        self._metrics, self._standings, self._clock = metrics, standings, clock
        self._pseudonyms = on(settings, "alerts")
        self._woken = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None

    def wake(self) -> None:
        """Say that a message was committed."""
        self._woken.set()

    async def run(self) -> None:
        """Publish until cancelled."""
        pauses = Pauses()
        try:
            while True:
                try:
                    more = await self._round()
                except Deposed:
                    self._standings.well(PART)
                    await asyncio.sleep(_STAND_BY_S)
                except (SQLAlchemyError, OSError) as fault:
                    self._standings.trouble(PART, away(fault))
                    await pauses.wait()
                except (KafkaError, TimeoutError, AssertionError) as fault:  # aiokafka asserts its way out of some
                    await self._broker_away(fault)
                    await pauses.wait()
                else:
                    pauses.over()
                    self._standings.well(PART)
                    if not more:
                        await self._sleep()
        finally:
            await self._let_go()

    async def _round(self) -> bool:
        """Publish some, and tell whether there are more."""
        self._woken.clear()
        async with self._database.reading() as session:
            messages = _fitting(await waiting_messages(session, _AT_ONCE))
            count, since = await waiting_count(session)
        now = self._clock()
        self._metrics.outbox_waiting.set(count)
        self._metrics.outbox_age.set(0 if since is None else max(0, now - since) / 1000)
        if not messages:
            return False
        async with self._database.transaction() as tx:
            await self._lead.insist(tx)
        sent, refused = await self._send(messages)
        await self._mark(sent, refused)
        return len(messages) < count

    async def _send(self, messages: Sequence[Outbox]) -> tuple[list[Sent], list[int]]:
        """Send messages in their order; return those that the broker has, and those that it will never take.

        An idempotent producer does not give up: while the broker is away the same batches wait, in the same order.
        """
        producer = await self._open()
        sent: list[Sent] = []
        refused: list[int] = []
        waiting = []
        for message in messages:
            try:
                waiting.append((message, await self._put(producer, message)))
            except MessageSizeTooLargeError:
                refused.append(message.id)
        for message, future in waiting:
            try:
                told = await self._answer(future)
            except MessageSizeTooLargeError:
                refused.append(message.id)
                continue
            sent.append(Sent(message.id, told.partition, told.offset))
            self._metrics.published.labels(message.topic).inc()
            waited = max(0, self._clock() - message.created_at) / 1000
            self._metrics.publish_seconds.labels(message.topic).observe(waited)
        self._metrics.broker_up.labels(PART).set(1)
        return sent, refused

    async def _answer(self, future: asyncio.Future[Any]) -> Any:
        """Wait for the broker's word, and say so when it takes long."""
        while not (await asyncio.wait({future}, timeout=_ANSWERS_S))[0]:
            self._metrics.broker_up.labels(PART).set(0)
            self._standings.trouble(PART, "the broker does not answer")
        return future.result()

    async def _put(self, producer: AIOKafkaProducer, message: Outbox) -> asyncio.Future[Any]:
        count = BY_NAME[message.topic].partitions or self._settings.topics.partitions
        key, value, headers = self._outside(message)
        future: asyncio.Future[Any] = await producer.send(
            self._settings.topics.prefix + message.topic,
            value,
            key=key,
            partition=partition_for(message.key, count),  # of the customer, whose alerts are in order there
            headers=headers,
        )
        return future

    def _outside(self, message: Outbox) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
        """Return key, value and headers as they leave."""
        if message.topic == "alerts" and self._pseudonyms is not None:
            alert, sealed = self._pseudonyms.alert(msgspec.json.decode(message.value, type=DeskAlert))
            return alert.customer_id.encode(), msgspec.json.encode(alert), [*alert_headers(alert, DESK_SOURCE), sealed]
        return message.key, message.value, [(name, value.encode()) for name, value in message.headers]

    async def _mark(self, sent: Sequence[Sent], refused: Sequence[int]) -> None:
        """Note what the broker has. A process that was deposed meanwhile notes nothing: the other sends it again."""
        now = self._clock()
        async with self._database.transaction() as tx:
            await self._lead.insist(tx)
            await mark_published(tx, sent, now)
            for id_ in refused:
                log.error("message %d of the outbox is larger than the broker takes: given up", id_)
                await give_up(tx, id_, "too large", now)

    async def _open(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                **client_options(self._settings.kafka),
                enable_idempotence=True,
                max_request_size=_BYTES,
                max_batch_size=_BYTES,  # a round fits, so that sending never waits for room
            )
            try:
                await producer.start()
            except BaseException:
                await _stopped(producer)
                raise
            self._producer = producer
        return self._producer

    async def _broker_away(self, fault: BaseException) -> None:
        """Begin with a new producer."""
        name = type(fault).__name__
        self._metrics.broker_up.labels(PART).set(0)
        self._standings.trouble(PART, f"the broker is away ({name})")
        await self._let_go()
        with contextlib.suppress(SQLAlchemyError, OSError):
            async with self._database.transaction() as tx:
                for message in await waiting_messages(tx, 1):
                    await mark_failed(tx, message.id, name)

    async def _let_go(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await _stopped(producer)

    async def _sleep(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), _LOOK_EVERY_S)


def _fitting(messages: Sequence[Outbox]) -> list[Outbox]:
    """Return the first of them that fit into one batch together; one at least."""
    fitting: list[Outbox] = []
    room = _BYTES // 2
    for message in messages:
        room -= len(message.value) + len(message.key) + 1_000
        if room < 0 and fitting:
            break
        fitting.append(message)
    return fitting


async def _stopped(producer: AIOKafkaProducer) -> None:
    with contextlib.suppress(KafkaError, OSError, TimeoutError, AssertionError):
        await asyncio.wait_for(producer.stop(), 2)
