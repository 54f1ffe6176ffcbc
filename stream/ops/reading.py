"""Reads one of our topics without a group: committed records only, from the beginning, a time or the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from stream.broker.clients import consuming
from stream.config import Settings
from stream.topics import BY_NAME

_POLL_MS = 200


class ReadError(OSError):
    """The topic cannot be read; the message says what to do."""


class Reader:
    """All partitions of a topic. An async context manager; position it first, then `to_end` or `follow`."""

    def __init__(self, settings: Settings, topic: str) -> None:
        """`topic`: its name in the table, without the prefix; `settings` with a bootstrap address."""
        self._settings = settings
        self.name = settings.topics.prefix + topic
        self._count = BY_NAME[topic].partitions or settings.topics.partitions
        self.partitions = [TopicPartition(self.name, number) for number in range(self._count)]
        self._consumer: AIOKafkaConsumer | None = None
        self._leaving = AsyncExitStack()

    async def __aenter__(self) -> Reader:
        """Connect.

        Raises:
            ReadError: the broker does not answer, or the topic is not there.
        """
        options = {"auto_offset_reset": "earliest", "max_partition_fetch_bytes": 4 << 20, "fetch_max_wait_ms": 100}
        try:
            async with AsyncExitStack() as entering:
                consumer = await entering.enter_async_context(consuming(self._settings.kafka, **options))
                if self.name not in await consumer.topics():
                    raise ReadError(f"topic {self.name} is not there: churnwatch topics apply")
                consumer.assign(self.partitions)
                self._consumer = consumer
                self._leaving = entering.pop_all()
        except KafkaError as fault:
            raise ReadError(f"the broker at {self._settings.kafka.bootstrap} cannot be read: {_said(fault)}") from None
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self._leaving.aclose()

    @property
    def _open(self) -> AIOKafkaConsumer:
        assert self._consumer is not None, "enter the reader first"
        return self._consumer

    async def from_beginning(self) -> None:
        """Read everything that is kept."""
        for partition, offset in (await self._open.beginning_offsets(self.partitions)).items():
            self._open.seek(partition, offset)

    async def from_end(self) -> None:
        """Read only what comes from now on; settled when this returns."""
        for partition, offset in (await self._open.end_offsets(self.partitions)).items():
            self._open.seek(partition, offset)

    async def from_time(self, time: int) -> None:
        """Read what was written at `time` (epoch ms) or later."""
        ends = await self._open.end_offsets(self.partitions)
        found = await self._open.offsets_for_times(dict.fromkeys(self.partitions, time))
        for partition in self.partitions:
            place = found.get(partition)
            self._open.seek(partition, ends[partition] if place is None else place.offset)

    async def to_end(self, *, settled: bool = False) -> AsyncIterator[list[Any]]:
        """Yield the records, partition by partition in order of offset, up to the end as it is now.

        `settled`: up to the end of all that was written, waiting for transactions that are still open (at most their
        time limit), instead of up to the first of them.
        """
        ends = await self._watermarks() if settled else await self._open.end_offsets(self.partitions)
        while True:
            left = [p for p in self.partitions if await self._open.position(p) < ends[p]]
            if not left:
                return
            found = await self._open.getmany(*left, timeout_ms=_POLL_MS)
            for partition, records in found.items():
                yield [record for record in records if record.offset < ends[partition]]

    async def follow(self, stop: asyncio.Event) -> AsyncIterator[list[Any]]:
        """Yield records as they are committed, those that arrive together by their time, until `stop` is set."""
        while not stop.is_set():
            found = await self._open.getmany(timeout_ms=_POLL_MS)
            records = [record for group in found.values() for record in group]
            if records:
                yield sorted(records, key=lambda record: (record.timestamp, record.partition, record.offset))

    async def one(self, partition: int, offset: int) -> Any | None:
        """Return the committed record at an offset; `None` when there is none (any more)."""
        if not 0 <= partition < self._count:
            return None
        place = TopicPartition(self.name, partition)
        start = (await self._open.beginning_offsets([place]))[place]
        end = (await self._open.end_offsets([place]))[place]
        if not start <= offset < end:
            return None
        self._open.seek(place, offset)
        while await self._open.position(place) <= offset:
            for record in (await self._open.getmany(place, timeout_ms=_POLL_MS, max_records=1)).get(place, ()):
                return record if record.offset == offset else None
        return None

    async def _watermarks(self) -> dict[TopicPartition, int]:
        async with consuming(self._settings.kafka, isolation_level="read_uncommitted") as plain:
            ends: dict[TopicPartition, int] = await plain.end_offsets(self.partitions)
            return ends


def _said(fault: KafkaError) -> str:
    return str(fault) or type(fault).__name__
