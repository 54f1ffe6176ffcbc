"""Where the engine's consumer group stands, and how operators move it while no worker runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, for_code
from msgspec.structs import replace

from stream.broker.clients import client_options, consuming
from stream.config import Settings
from stream.engine.kafka.committed import committed
from stream.ops import changelog
from stream.topics import HOPS, INPUTS

_EMPTY = ("", "Empty", "Dead")
_ASKED, _AGAIN_S = 20, 0.5


class GroupRuns(OSError):
    """The group has members; moving it would be undone by them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Of one input partition: the next offset of the group (`None`: none yet), and what the log holds.

    `logged`: the next offset by the shard's changelog, which is what the shard goes by.
    """

    topic: str
    shard: int
    committed: int | None
    first: int
    end: int
    logged: int = 0

    @property
    def anew(self) -> bool:
        """Whether the group stands beyond the end: the topic was made anew."""
        return max(self.committed or 0, self.logged) > self.end

    @property
    def lag(self) -> int:
        """Records from the group's offset to the end."""
        if self.committed is None or self.anew:
            return self.end - self.first
        return self.end - max(self.committed, self.first)

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
    metas = await changelog.metas(settings)
    async with _consumer(settings) as consumer:
        inputs = _inputs(settings)
        known = await committed(settings, inputs)
        first, end = await consumer.beginning_offsets(inputs), await consumer.end_offsets(inputs)
        found = []
        for place in inputs:
            topic, number = place.topic[len(settings.topics.prefix) :], place.partition
            logged = metas[number].positions.get(topic, 0) if number in metas else 0
            found.append(Place(topic, number, known.get(place), first[place], end[place], logged))
        return found


async def rewind(settings: Settings, to: int | None) -> list[Place]:
    """Have the group begin anew, without state, at `to` (arrival, epoch ms; `None`: the beginning); return the places.

    The changelog is emptied: states are built again from what is read again, and what they would have told is told
    again with the same ids. Stores that workers still have are older than the changelog then and are made anew.

    Raises:
        GroupRuns: stop every worker first.
    """
    await require_stopped(settings)
    async with _admin(settings) as admin:
        await changelog.empty(admin, settings)
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
    """Move the group to the first record that is there, where some were deleted unread or the topic was made anew;
    return those places.

    Raises:
        GroupRuns: stop every worker first.
    """
    await require_stopped(settings)
    lost = [place for place in await places(settings) if place.lost or place.anew]
    if lost:
        async with _consumer(settings) as consumer:
            prefix = settings.topics.prefix
            await consumer.commit({TopicPartition(prefix + place.topic, place.shard): place.first for place in lost})
        await _mend(settings, [place for place in lost if place.anew])
    return lost


async def _mend(settings: Settings, anew: list[Place]) -> None:
    """Move the shards' own positions, too: they go before the group's."""
    metas = await changelog.metas(settings)
    for place in anew:
        if (known := metas.get(place.shard)) is not None:
            metas[place.shard] = replace(known, positions=known.positions | {place.topic: place.first})
    shards = {place.shard for place in anew}
    await changelog.mend(settings, {number: known for number, known in metas.items() if number in shards})


async def require_stopped(settings: Settings, whom: str = "every worker") -> None:
    """Return if the group has no members.

    Raises:
        GroupRuns: it has; the message says to stop `whom`.
    """
    state, count = await members(settings)
    if state not in _EMPTY or count:
        raise GroupRuns(f"group {settings.engine.group} has {count} members ({state}): stop {whom} first")


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
    async with consuming(settings.kafka, group_id=settings.engine.group, enable_auto_commit=False) as consumer:
        consumer.assign(_inputs(settings))
        yield consumer
