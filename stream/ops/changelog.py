"""The shards' changelogs as operators change them while no worker runs: emptied, marked, a shard's positions mended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from stream.broker.clients import client_options, consuming
from stream.config import Settings
from stream.engine.store import meta
from stream.engine.store.meta import ShardMeta
from stream.topics import CHANGELOG

_SET_ON_TOPIC = 1  # DescribeConfigs' source code for a value of the topic's own
_POLICY = "cleanup.policy"
_LOOK_BACK = 1_000
_WAIT_MS = 200


async def metas(settings: Settings) -> dict[int, ShardMeta]:
    """Return what each shard last said of itself; nothing for one that never began."""
    found: dict[int, ShardMeta] = {}
    async with consuming(settings.kafka) as consumer:
        places = _places(settings)
        first, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        for place in places:
            known = await last_said(consumer, place, first[place], ends[place])
            if known is not None:
                found[place.partition] = known
    return found


async def last_said(consumer: Any, place: TopicPartition, first: int, end: int) -> ShardMeta | None:
    """Return what a shard last said of itself between these offsets of its changelog: it ends each batch, so it is
    looked for from the end."""
    consumer.assign([place])
    back = _LOOK_BACK
    while True:
        begin = max(first, end - back)
        consumer.seek(place, begin)
        stored: bytes | None = None
        while await consumer.position(place) < end:
            for record in (await consumer.getmany(place, timeout_ms=_WAIT_MS)).get(place, ()):
                if record.key == meta.KEY:
                    stored = record.value
        if stored is not None or begin == first:
            return None if stored is None else meta.decode(stored)
        back *= 8


async def mend(settings: Settings, mended: Mapping[int, ShardMeta]) -> None:
    """Put these in place of what the shards last said of themselves."""
    await _write(settings, {number: (meta.KEY, each.encode()) for number, each in mended.items()})


async def empty(admin: Any, settings: Settings) -> None:
    """Delete every record, whose offsets go on, and say so in each shard's changelog.

    A compacted topic lets that be done only for a moment in which it is also one that deletes.
    """
    name = settings.topics.prefix + CHANGELOG
    resource = ConfigResource(ConfigResourceType.TOPIC, name)
    (described,) = await admin.describe_configs([resource])
    ours = {entry[0]: entry[1] for entry in described.resources[0][4] if entry[3] == _SET_ON_TOPIC}
    await _configure(admin, name, {**ours, _POLICY: "compact,delete"})
    try:
        await admin.delete_records({place: RecordsToDelete(-1) for place in _places(settings)})
    finally:
        await _configure(admin, name, ours)
    await _mark(settings)


async def _mark(settings: Settings) -> None:
    places = _places(settings)
    async with consuming(settings.kafka) as consumer:
        first = await consumer.beginning_offsets(places)
    await _write(settings, {place.partition: (meta.REWOUND, str(first[place]).encode()) for place in places})


async def _write(settings: Settings, records: Mapping[int, tuple[bytes, bytes]]) -> None:
    """Write one record to each of these shards' changelogs."""
    producer = AIOKafkaProducer(**client_options(settings.kafka), client_id="churnwatch-group")
    await producer.start()
    try:
        for number, (key, value) in records.items():
            await producer.send_and_wait(settings.topics.prefix + CHANGELOG, value, key=key, partition=number)
    finally:
        await producer.stop()


async def _configure(admin: Any, name: str, configs: dict[str, str]) -> None:
    for answer in await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs)]):
        for code, message, *_ in answer.resources:
            if code:
                raise for_code(code)(f"{name}: {message}")


def _places(settings: Settings) -> list[TopicPartition]:
    return [TopicPartition(settings.topics.prefix + CHANGELOG, n) for n in range(settings.topics.partitions)]
