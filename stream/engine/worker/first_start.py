"""What is settled when a group first starts: initial positions, and from which event time warnings may open."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from stream.broker.clients import consuming
from stream.codec import Codec, Rejected
from stream.config import Settings
from stream.domain.business import DAY_MS
from stream.engine.kafka.committed import committed
from stream.topics import INPUTS

_LOOKED_AT = 10  # records at the end of a partition
_LOOK_MS = 2000
_BY_HAND: dict[str, Any] = {"enable_auto_commit": False, "auto_offset_reset": "none"}


class GroupMismatch(RuntimeError):
    """The running group consumes other topics than this build: a full stop and start is needed."""


def _inputs(settings: Settings) -> list[TopicPartition]:
    prefix = settings.topics.prefix
    return [TopicPartition(prefix + topic, n) for topic in INPUTS for n in range(settings.topics.partitions)]


async def settle_positions(settings: Settings) -> int:
    """Commit the beginning of every input partition that the group has no offset for; return how many.

    From then on there is no automatic reset: a position that the log has lost is an alarm, not a silent jump.

    Raises:
        GroupMismatch: the group is running and lacks some partitions.
    """
    async with consuming(settings.kafka, group_id=settings.engine.group, **_BY_HAND) as consumer:
        partitions = _inputs(settings)
        consumer.assign(partitions)
        missing = await _missing(settings, partitions)
        if not missing:
            return 0
        beginnings = await consumer.beginning_offsets(missing)
        try:
            await consumer.commit(beginnings)
        except KafkaError as fault:
            return await _settled_by_another(settings, missing, fault)
        return len(missing)


async def _missing(settings: Settings, partitions: list[TopicPartition]) -> list[TopicPartition]:
    found = await committed(settings, partitions)
    return [partition for partition in partitions if partition not in found]


async def _settled_by_another(settings: Settings, missing: list[TopicPartition], fault: KafkaError) -> int:
    """A member that is already running refuses commits from outside: it has settled them, or will in a moment."""
    for _ in range(20):
        if not await _missing(settings, missing):
            return 0
        await asyncio.sleep(0.25)
    topics = ", ".join(sorted({p.topic for p in missing}))
    raise GroupMismatch(
        f"the group is running without positions for {topics}: stop every worker, then start them ({fault})"
    ) from None


async def opens_from(settings: Settings, codec: Codec) -> int:
    """Return the event time, ms, from which warnings may open: the newest event's less the configured age; 0 = all.

    The newest event is sought in the last few records of each input partition.
    """
    days = settings.policy.backfill_days
    if days is None:
        return 0
    async with consuming(settings.kafka, **_BY_HAND) as consumer:
        partitions = _inputs(settings)
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        starts = await consumer.beginning_offsets(partitions)
        newest = 0
        for partition in partitions:
            if ends[partition] > starts[partition]:
                first = max(starts[partition], ends[partition] - _LOOKED_AT)  # older ones may be deleted
                newest = max(newest, await _newest_time(consumer, codec, partition, first, settings))
        return max(0, newest - round(days * DAY_MS))


async def tombstones(settings: Settings, shard: int) -> dict[bytes, int]:
    """Return who was forgotten before a group that begins now: customer -> when the newest tombstone arrived, epoch ms.

    `customers` is compacted, and keeps a tombstone as long as that is to be remembered: it is read whole, once.
    """
    async with consuming(settings.kafka, **_BY_HAND) as consumer:
        partition = TopicPartition(settings.topics.prefix + "customers", shard)
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        await consumer.seek_to_beginning(partition)
        found: dict[bytes, int] = {}
        while await consumer.position(partition) < end:
            for record in (await consumer.getmany(partition, timeout_ms=_LOOK_MS)).get(partition, ()):
                if record.value is None and record.key:
                    found[record.key] = record.timestamp
        return found


async def _newest_time(
    consumer: AIOKafkaConsumer, codec: Codec, partition: TopicPartition, first: int, settings: Settings
) -> int:
    """Return the newest event time among a partition's records from `first` on; 0 when none can be read."""
    consumer.seek(partition, first)
    found = await consumer.getmany(partition, timeout_ms=_LOOK_MS)
    topic = partition.topic[len(settings.topics.prefix) :]
    newest = 0
    for record in found.get(partition, ()):
        try:
            newest = max(newest, codec.decode(topic, record.key, record.value, record.timestamp).time)
        except Rejected:
            continue
    return newest
