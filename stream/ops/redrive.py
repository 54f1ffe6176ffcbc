"""Sends the records of dead letters back to their source topics, each once and exactly once. See `deadletters`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, cast

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerFenced

from stream.broker.clients import client_options
from stream.config import Settings
from stream.engine.log.deadletter import TOPIC
from stream.engine.log.marks import ARRIVED
from stream.engine.log.partition import partition_for
from stream.ops.deadletters import RECEIPT, Filter, Letter, LetterId, Place, Receipts, everything
from stream.ops.reading import Reader
from stream.topics import BY_NAME

REDRIVEN_FROM, ATTEMPT, ACTOR = "dl_redriven_from", "dl_attempt", "dl_actor"
_TOGETHER = 200
_TRANSACTION_TIMEOUT_MS = 60_000


class RedriveFailed(OSError):
    """Nothing more was sent; what was sent before is complete, each with its receipt."""


@dataclass
class Plan:
    """What a redrive would do. `refused`: why not, by letter; `missing`: ids asked for that are not there."""

    chosen: dict[LetterId, tuple[int, str, str]] = field(default_factory=dict)  # id -> attempt, topic, reason
    refused: dict[LetterId, str] = field(default_factory=dict)
    missing: set[LetterId] = field(default_factory=set)

    def by_topic(self) -> Counter[str]:
        """Count what would be sent."""
        return Counter(topic for _, topic, _ in self.chosen.values())


class Redrive:
    """One redrive, an async context manager: entering fences any other one, `plan` reads, `send` does it."""

    def __init__(self, settings: Settings, which: Filter, *, most: int = 3, actor: str = "", dry: bool = False) -> None:
        """`most`: attempts for one record in all; `dry`: only plan, and leave others at their work."""
        self._settings = settings
        self._which = which
        self._most = most
        self._actor = actor
        self._dry = dry
        self._producer: AIOKafkaProducer | None = None

    async def __aenter__(self) -> Redrive:
        """Connect, and fence.

        Raises:
            RedriveFailed: the broker does not answer.
        """
        if not self._dry:
            self._producer = AIOKafkaProducer(
                **client_options(self._settings.kafka),
                transactional_id=f"{self._settings.engine.group}-redrive",
                transaction_timeout_ms=_TRANSACTION_TIMEOUT_MS,
                max_request_size=16 << 20,
            )
            try:
                await self._producer.start()
            except KafkaError as fault:
                await self._stop()
                raise RedriveFailed(
                    f"the broker at {self._settings.kafka.bootstrap} does not answer: {fault}"
                ) from None
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect; a transaction that was not committed is aborted."""
        await self._stop()

    async def _stop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                await producer.stop()
            except KafkaError:  # a fenced producer cannot end well, and need not
                return

    async def plan(self) -> Plan:
        """Read every letter and receipt, and say what is to be sent and what not, and why.

        Raises:
            ReadError: broker or topic cannot be read.
        """
        receipts, meant = Receipts(), []
        async with Reader(self._settings, TOPIC) as reader:
            await reader.from_beginning()
            async for one in everything(reader, settled=not self._dry):
                if not one.is_letter:
                    receipts.take(one)
                elif self._which.takes(one):
                    # without the bytes, which may be many; whether there are any decides
                    meant.append(Letter(one.id, one.written, None, one.value and b"-", one.headers))
        plan = Plan(missing=set(self._which.ids) - {one.id for one in meant})
        for one in meant:
            why = receipts.obstacle(one, self._most)
            if why:
                plan.refused[one.id] = why
            else:
                plan.chosen[one.id] = receipts.attempts(one) + 1, one.topic, one.reason
        return plan

    async def send(self, plan: Plan, progress: Callable[[int], None] = lambda done: None) -> int:
        """Send what the plan chose and return how many letters that were; `progress` gets the count so far.

        Raises:
            RedriveFailed: another redrive took over, or the broker refused.
            ReadError: broker or topic cannot be read.
        """
        assert self._producer is not None, "a dry redrive sends nothing"
        done, waiting = 0, list[Letter]()
        async with Reader(self._settings, TOPIC) as reader:
            await reader.from_beginning()
            async for one in everything(reader):
                if one.id in plan.chosen:
                    waiting.append(one)
                if len(waiting) >= _TOGETHER:
                    done += await self._transaction(waiting, plan)
                    waiting = []
                    progress(done)
            done += await self._transaction(waiting, plan)
            progress(done)
        return done

    async def _transaction(self, letters: list[Letter], plan: Plan) -> int:
        producer = self._producer
        if not letters or producer is None:
            return 0
        try:
            async with producer.transaction():
                sent = [await self._resend(producer, one, plan.chosen[one.id][0]) for one in letters]
                receipts = []
                for one, future in zip(letters, sent, strict=True):
                    landed = await future
                    place = Place(one.topic, landed.partition, landed.offset)
                    receipts.append(await self._receipt(producer, one, place, plan.chosen[one.id][0]))
                for future in receipts:
                    await future
        except ProducerFenced:
            raise RedriveFailed("another redrive has begun meanwhile and goes on with what is left") from None
        except KafkaError as fault:
            raise RedriveFailed(f"the broker refused: {type(fault).__name__}: {fault}") from None
        return len(letters)

    async def _resend(self, producer: AIOKafkaProducer, one: Letter, attempt: int) -> Awaitable[Any]:
        count = BY_NAME[one.topic].partitions or self._settings.topics.partitions
        source = one.source
        assert source is not None, "the plan refuses letters without a source"
        partition = partition_for(one.key, count) if one.key is not None else source.partition % count
        headers = [(REDRIVEN_FROM, str(one.id).encode()), (ATTEMPT, str(attempt).encode())]
        if arrived := one.header(ARRIVED):  # who was forgotten since must not come back by it
            headers.append((ARRIVED, arrived.encode()))
        name = self._settings.topics.prefix + one.topic
        sent = await producer.send(name, one.value, key=one.key, partition=partition, headers=headers)
        return cast(Awaitable[Any], sent)

    async def _receipt(self, producer: AIOKafkaProducer, one: Letter, landed: Place, attempt: int) -> Awaitable[Any]:
        headers = {
            RECEIPT: one.id,
            "dl_topic": landed.topic,
            "dl_partition": landed.partition,
            "dl_offset": landed.offset,
            ATTEMPT: attempt,
            ACTOR: self._actor,
        }
        sent = await producer.send(
            self._settings.topics.prefix + TOPIC,
            b"",  # not null: a record needs a key or a value, and the letter may have no key
            key=one.key,
            partition=one.id.partition,
            headers=[(name, str(text).encode()) for name, text in headers.items()],
        )
        return cast(Awaitable[Any], sent)
