"""Where the engine's consumer group stands, and how operators move it while no worker runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code

from stream.config import Settings
from stream.engine.clients import client_options
from stream.engine.kafka_log import CHANGELOG
from stream.engine.meta import REWOUND
from stream.topics import HOPS, INPUTS

_EMPTY = ("", "Empty", "Dead")
_SET_ON_TOPIC = 1  # DescribeConfigs' source code for a value of the topic's own
_ASKED, _AGAIN_S = 20, 0.5
_POLICY = "cleanup.policy"


class GroupRuns(OSError):
    """The group has members; moving it would be undone by them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Of one input partition: the next offset of the group (`None`: none yet), and what the log holds."""

    topic: str
    shard: int
    committed: int | None
    first: int
    end: int

    @property
    def lag(self) -> int:
        """Records from the group's offset to the end."""
        return self.end - (self.first if self.committed is None else max(self.committed, self.first))

    @property
    def lost(self) -> int:
        """Records that were deleted before the group came to them."""
        return 0 if self.committed is None else max(0, self.first - self.committed)


async def members(settings: Settings) -> tuple[str, int]:
    """Return the group's state in Kafka's words, and how many members it has; a new broker knows after a moment."""
    for _ in range(_ASKED):
        try:
            return await _members(settings)
        except KafkaError as fault:
            if not fault.retriable:
                raise
            await asyncio.sleep(_AGAIN_S)
    return await _members(settings)


async def _members(settings: Settings) -> tuple[str, int]:
    async with _admin(settings) as admin:
        (answer,) = await admin.describe_consumer_groups([settings.engine.group])
        (code, _, state, _, _, there, *_) = answer.groups[0]
        if code:
            raise for_code(code)(f"group {settings.engine.group}")
        return state, len(there)


async def places(settings: Settings) -> list[Place]:
    """Return where the group stands, by topic and shard."""
    async with _consumer(settings) as consumer:
        inputs = _inputs(settings)
        first, end = await consumer.beginning_offsets(inputs), await consumer.end_offsets(inputs)
        prefix = len(settings.topics.prefix)
        return [Place(p.topic[prefix:], p.partition, await consumer.committed(p), first[p], end[p]) for p in inputs]


async def rewind(settings: Settings, to: int | None) -> list[Place]:
    """Have the group begin anew, without state, at `to` (arrival, epoch ms; `None`: the beginning); return the places.

    The changelog is emptied: states are built again from what is read again, and what they would have told is told
    again with the same ids. Stores that workers still have are older than the changelog then and are made anew.

    Raises:
        GroupRuns: stop every worker first.
    """
    await _require_stopped(settings)
    await _empty_changelog(settings)
    await _mark_changelog(settings)
    async with _consumer(settings) as consumer:
        inputs = _inputs(settings)
        first, end = await consumer.beginning_offsets(inputs), await consumer.end_offsets(inputs)
        wanted = dict(first)
        if to is not None:
            found = await consumer.offsets_for_times(dict.fromkeys(inputs, to))
            wanted = {p: end[p] if at is None else at.offset for p, at in found.items()}
        hops = {settings.topics.prefix + topic for topic in HOPS}  # what shards told each other they will tell again
        await consumer.commit({p: end[p] if p.topic in hops else offset for p, offset in wanted.items()})
    return await places(settings)


async def skip_lost(settings: Settings) -> list[Place]:
    """Move the group to the first record that is still there, where some were deleted unread; return those places.

    Raises:
        GroupRuns: stop every worker first.
    """
    await _require_stopped(settings)
    lost = [place for place in await places(settings) if place.lost]
    if lost:
        async with _consumer(settings) as consumer:
            prefix = settings.topics.prefix
            await consumer.commit({TopicPartition(prefix + place.topic, place.shard): place.first for place in lost})
    return lost


async def _require_stopped(settings: Settings) -> None:
    state, count = await members(settings)
    if state not in _EMPTY or count:
        raise GroupRuns(f"group {settings.engine.group} has {count} members ({state}): stop every worker first")


async def _empty_changelog(settings: Settings) -> None:
    """Delete every record of the changelog, whose offsets go on; a compacted topic lets that be done only for a moment
    in which it is also one that deletes."""
    name = settings.topics.prefix + CHANGELOG
    resource = ConfigResource(ConfigResourceType.TOPIC, name)
    async with _admin(settings) as admin:
        (described,) = await admin.describe_configs([resource])
        ours = {entry[0]: entry[1] for entry in described.resources[0][4] if entry[3] == _SET_ON_TOPIC}
        await _configure(admin, name, {**ours, _POLICY: "compact,delete"})
        try:
            partitions = range(settings.topics.partitions)
            await admin.delete_records({TopicPartition(name, number): RecordsToDelete(-1) for number in partitions})
        finally:
            await _configure(admin, name, ours)


async def _mark_changelog(settings: Settings) -> None:
    """Say in every shard's changelog that it was emptied on purpose, and from which offset on that holds."""
    places = [TopicPartition(settings.topics.prefix + CHANGELOG, n) for n in range(settings.topics.partitions)]
    async with _consumer(settings) as consumer:
        first = await consumer.beginning_offsets(places)
    producer = AIOKafkaProducer(**client_options(settings.kafka), client_id="churnwatch-group")
    await producer.start()
    try:
        for place in places:
            value = str(first[place]).encode()
            await producer.send_and_wait(place.topic, value, key=REWOUND, partition=place.partition)
    finally:
        await producer.stop()


async def _configure(admin: Any, name: str, configs: dict[str, str]) -> None:
    for answer in await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs)]):
        for code, message, *_ in answer.resources:
            if code:
                raise for_code(code)(f"{name}: {message}")


def _inputs(settings: Settings) -> list[TopicPartition]:
    prefix = settings.topics.prefix
    return [TopicPartition(prefix + topic, n) for topic in INPUTS for n in range(settings.topics.partitions)]


@asynccontextmanager
async def _admin(settings: Settings) -> AsyncIterator[Any]:
    admin = AIOKafkaAdminClient(**client_options(settings.kafka), client_id="churnwatch-group")
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


@asynccontextmanager
async def _consumer(settings: Settings) -> AsyncIterator[AIOKafkaConsumer]:
    """Yield a consumer that may commit for the group while it has no members."""
    consumer = AIOKafkaConsumer(
        **client_options(settings.kafka),
        group_id=settings.engine.group,
        enable_auto_commit=False,
        isolation_level="read_committed",
    )
    await consumer.start()
    try:
        consumer.assign(_inputs(settings))
        yield consumer
    finally:
        await consumer.stop()
