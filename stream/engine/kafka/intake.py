"""The worker's one consumer: a group member that hands each shard its records, as many as it has room for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import (
    IllegalStateError,
    KafkaError,
    OffsetOutOfRangeError,
    UnknownTopicOrPartitionError,
)

from stream.broker.clients import client_options
from stream.config import Settings
from stream.engine.log.port import Record
from stream.topics import INPUTS

_FETCH_WAIT_MS = 50  # a topic that an answer left out is asked for again this soon
_METADATA_MS = 20_000  # while a topic is away there is no whole shard: so soon it is looked for again, not in 5 min
_WAIT_MS = 100
_LOOK_MS = 5  # how soon to look again whether a topic that was full has room: that it has comes without a sound
_FAR_MS = 24 * 3_600_000  # restoring counts as polling: put out of reach, the watchdog looks after stalls

HANDED_OUT = 2000
"""Records at a time at most, of all partitions together: to unpack them takes some ms, which the shards wait."""

Found = Mapping[TopicPartition, Sequence[Record]]


class Receiver(Protocol):
    """A shard's log as the intake knows it."""

    def receive(self, topic: str, records: Sequence[Record]) -> None:
        """Take records of a topic."""
        ...

    def room(self) -> Iterator[tuple[TopicPartition, bool]]:
        """Yield what it fetches, and of each whether it takes more now."""
        ...

    def passed(self, topic: str, position: int) -> None:
        """Learn where the consumer stands."""
        ...

    def waiting(self) -> Iterator[tuple[str, TopicPartition]]:
        """Yield topics that look unfinished though nothing was delivered."""
        ...


class PositionLost(RuntimeError):
    """The log no longer holds the offset to go on from: records were deleted unread."""


class Intake:
    """One consumer for all shards of a worker."""

    def __init__(self, settings: Settings, listener: ConsumerRebalanceListener) -> None:
        """`listener` is told of partitions gained and lost."""
        self._settings = settings
        self._prefix = settings.topics.prefix
        self._listener = listener
        self._receivers: dict[int, Receiver] = {}
        self._consumer: AIOKafkaConsumer | None = None

    async def start(self) -> None:
        """Join the group."""
        engine = self._settings.engine
        self._consumer = AIOKafkaConsumer(
            **client_options(self._settings.kafka),
            group_id=engine.group,
            group_instance_id=engine.instance or None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            partition_assignment_strategy=(RangePartitionAssignor,),
            session_timeout_ms=engine.session_timeout_ms,
            heartbeat_interval_ms=max(200, engine.session_timeout_ms // 10),
            max_poll_interval_ms=_FAR_MS,
            metadata_max_age_ms=_METADATA_MS,
            fetch_max_wait_ms=_FETCH_WAIT_MS,
            fetch_max_bytes=8 << 20,
        )
        await self._consumer.start()
        self._consumer.subscribe([self._prefix + topic for topic in INPUTS], listener=self._listener)

    async def stop(self) -> None:
        """Leave the group (a static member stays in it until its session ends)."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()

    async def pump(self) -> None:
        """Hand out records until cancelled.

        Raises:
            PositionLost: an offset to go on from is gone.
        """
        while self._consumer is not None:
            try:
                found = await self._poll(self._consumer)
            except OffsetOutOfRangeError as fault:
                raise PositionLost(
                    f"the log no longer holds the next offset of {_names(fault)}: records were deleted unread, or the "
                    "topic was made anew. Decide: churnwatch group skip-lost goes on without them, then start again"
                ) from None
            except (UnknownTopicOrPartitionError, KafkaError) as fault:
                if not getattr(fault, "retriable", False):
                    raise
                await asyncio.sleep(0.1)
                continue
            for partition, records in found.items():
                receiver = self._receivers.get(partition.partition)
                if receiver is not None:
                    receiver.receive(partition.topic[len(self._prefix) :], records)
            await self._tell_positions()

    async def _poll(self, consumer: AIOKafkaConsumer) -> Found:
        """Return some records of partitions that have room.

        What the others have is left with the client as it was fetched, compressed: to pause a partition would throw it
        away, to be fetched again.
        """
        held = consumer.assignment()
        fetched = [place for receiver in self._receivers.values() for place in receiver.room() if place[0] in held]
        wanted = [partition for partition, room in fetched if room]
        if len(wanted) == len(fetched):
            found: Found = await consumer.getmany(timeout_ms=_WAIT_MS, max_records=HANDED_OUT)
        elif wanted:
            found = await consumer.getmany(*wanted, timeout_ms=_LOOK_MS, max_records=HANDED_OUT)
        else:
            await asyncio.sleep(_LOOK_MS / 1000)
            return {}
        await asyncio.sleep(0)  # what the client has comes without a pause: the shards are to have their turns
        return found

    async def _tell_positions(self) -> None:
        """Control records and aborted ones move the position without being delivered."""
        for receiver in list(self._receivers.values()):
            for topic, partition in receiver.waiting():
                if self._consumer is None or not self.assigned(partition):
                    continue
                try:
                    receiver.passed(topic, await self._consumer.position(partition))
                except IllegalStateError:  # a rebalance took the partition while we asked
                    continue

    def attach(self, shard: int, receiver: Receiver) -> None:
        """Send a shard's records to `receiver` from now on."""
        self._receivers[shard] = receiver

    def detach(self, shard: int) -> None:
        """Send a shard's records nowhere."""
        self._receivers.pop(shard, None)

    def partition(self, topic: str, shard: int) -> TopicPartition:
        """Return the broker's partition of a logical topic."""
        return TopicPartition(self._prefix + topic, shard)

    def assignment(self) -> frozenset[Any]:
        """Return the partitions held now."""
        return frozenset() if self._consumer is None else frozenset(self._consumer.assignment())

    def assigned(self, partition: TopicPartition) -> bool:
        """Tell whether the consumer holds the partition now."""
        return self._consumer is not None and partition in self._consumer.assignment()

    def park(self, partitions: Iterable[TopicPartition]) -> None:
        """Fetch nothing of these until `seek`; call it first of all when they are assigned.

        A partition with any position is one whose committed offset the consumer does not ask for: it could not tell a
        broker that is still loading the group from a group without offsets (see `stream.engine.kafka.committed`).
        """
        for partition in partitions:
            if self._consumer is not None and self.assigned(partition):
                self._consumer.pause(partition)
                self._consumer.seek(partition, 0)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Fetch the partition from `offset` on."""
        if self._consumer is not None and self.assigned(partition):
            self._consumer.seek(partition, offset)
            self._consumer.resume(partition)

    def bounds(self, partition: TopicPartition) -> tuple[int | None, float]:
        """Return the last stable offset as last heard from the broker, and when that was, epoch ms."""
        if self._consumer is None or not self.assigned(partition):
            return None, float("-inf")
        heard = self._consumer.last_poll_timestamp(partition)
        return self._consumer.last_stable_offset(partition), float("-inf") if heard is None else heard


def _names(fault: KafkaError) -> str:
    """Name the partitions and where they were to be read."""
    lost = fault.args[0] if fault.args else None
    if not isinstance(lost, dict) or not lost:
        return "a partition"
    return ", ".join(f"{p.topic}/{p.partition} at {offset}" for p, offset in lost.items())
