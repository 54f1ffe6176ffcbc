"""Reads a broadcast topic whole: every process sees every record, without a group (design section 3)."""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from aiokafka import AIOKafkaConsumer, TopicPartition

from stream.broker.clients import consuming
from stream.config import Settings
from stream.engine.log.port import Record
from stream.topics import BY_NAME

log = logging.getLogger(__name__)

_REACH_S = 10.0
_ROOM = 10_000  # superseded records kept for shards that lag

Changed = Callable[[bytes, bytes | None], None]


class Broadcast:
    """The latest value by key of a compacted topic, kept up to date while `run` runs."""

    def __init__(self, settings: Settings, topic: str, changed: Changed = lambda key, value: None) -> None:
        """`changed` is called with each record's key and value (`None` = gone) as it is read."""
        self._settings = settings
        self._topic = settings.topics.prefix + topic
        self._count = BY_NAME[topic].partitions or settings.topics.partitions
        self._changed = changed
        self._latest: dict[bytes, bytes] = {}
        self._news = asyncio.Condition()
        self.version = 0
        self.caught_up = asyncio.Event()

    @property
    def latest(self) -> Mapping[bytes, bytes]:
        """What is in force now."""
        return MappingProxyType(self._latest)

    async def run(self) -> None:
        """Read from the beginning to the end, say so, and follow until cancelled."""
        async with consuming(self._settings.kafka, auto_offset_reset="earliest") as consumer:
            partitions = [TopicPartition(self._topic, n) for n in range(self._count)]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            ends = await consumer.end_offsets(partitions)
            while True:
                if not self.caught_up.is_set() and await _reached(consumer, ends):
                    self.caught_up.set()
                found = await consumer.getmany(timeout_ms=200)
                for records in found.values():
                    for record in records:
                        self._read(record)
                if found:
                    async with self._news:
                        self.version += 1
                        self._news.notify_all()

    async def holds(self, key: bytes, value: bytes | None) -> None:
        """Wait until the latest record of `key` is `value`; `None`: until there is none."""
        async with self._news:
            await self._news.wait_for(lambda: self._latest.get(key) == value)

    async def beyond(self, version: int) -> int:
        """Wait until something was read after `version` and return the version then."""
        async with self._news:
            await self._news.wait_for(lambda: self.version > version)
            return self.version

    def _read(self, record: Record) -> None:
        self._take(record.key or b"", record.value)

    def _take(self, key: bytes, value: bytes | None) -> None:
        if value is None:
            self._latest.pop(key, None)
        else:
            self._latest[key] = value
        self._changed(key, value)


class Archive(Broadcast):
    """A broadcast topic of one partition whose records shards merge into their input, a `Bulletin` of the log port."""

    def __init__(self, settings: Settings, topic: str) -> None:
        """Nothing has been read yet."""
        super().__init__(settings, topic)
        self._records: list[Record] = []

    def since(self, offset: int) -> Sequence[Record]:
        """Return the records at `offset` and after, in order; what was superseded meanwhile may be missing."""
        records = self._records
        if not records or records[-1].offset < offset:
            return ()
        return records[bisect_left(records, offset, key=lambda record: record.offset) :]

    async def reaches(self, offset: int) -> None:
        """Wait until everything below `offset` has been read; not for ever, because the topic may have been made anew.

        Another worker, which has read further than we have, may have owned the shard that asks.
        """
        await self.caught_up.wait()
        try:
            async with self._news:
                await asyncio.wait_for(self._news.wait_for(lambda: self._reached(offset)), _REACH_S)
        except TimeoutError:
            log.warning(
                "%s ends before offset %d, where a shard of ours stands: was it made anew?", self._topic, offset
            )

    def _reached(self, offset: int) -> bool:
        return offset == 0 or (bool(self._records) and self._records[-1].offset >= offset - 1)

    def _read(self, record: Record) -> None:
        self._records.append(record)
        super()._read(record)
        if len(self._records) > _ROOM + 2 * len(self._latest):
            newest = {kept.key: kept.offset for kept in self._records}
            self._records = [kept for kept in self._records if newest[kept.key] == kept.offset]


async def _reached(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    return all([await consumer.position(partition) >= end for partition, end in ends.items()])


async def read_whole(settings: Settings, topic: str) -> dict[bytes, bytes]:
    """Return what a broadcast topic holds now."""
    broadcast = Broadcast(settings, topic)
    reading = asyncio.create_task(broadcast.run())
    waiting = asyncio.create_task(broadcast.caught_up.wait())
    try:
        await asyncio.wait({reading, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            reading.result()
        return dict(broadcast.latest)
    finally:
        reading.cancel()
        waiting.cancel()
        await asyncio.gather(reading, waiting, return_exceptions=True)
