"""Reads the topics whole: all partitions, committed records only, from the store's positions, without a group."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition

from stream.broker.clients import client_options
from stream.config import Settings
from stream.desk.store.repositories.positions import Partition
from stream.engine.log.port import Record
from stream.topics import BY_NAME

log = logging.getLogger(__name__)

CONSUMER = "desk"
TOPICS = ("staff", "customers", "contacts", "complaints", "service-events", "alerts")
"""In the order in which a batch is written: people and profiles before what names them."""
_WAIT_MS = 200
_MOST = 500


@dataclass(frozen=True, slots=True)
class Came:
    """A record and where it stood. `topic` is without the configured prefix."""

    topic: str
    partition: int
    record: Record


@dataclass(frozen=True, slots=True)
class Start:
    """Where reading begins. `anew`: topics whose positions lie behind their end, because they were made anew."""

    positions: dict[Partition, int]
    lost: dict[str, int]  # topic -> records that are no longer there
    anew: frozenset[str]


def start_from(stored: Mapping[Partition, int], first: Mapping[Partition, int], end: Mapping[Partition, int]) -> Start:
    """Return where to begin: where the store stands, as far as the log still has it."""
    anew = frozenset(topic for (topic, number), offset in stored.items() if offset > end.get((topic, number), offset))
    positions: dict[Partition, int] = {}
    lost: dict[str, int] = {}
    for place, begins in first.items():
        known = None if place[0] in anew else stored.get(place)
        positions[place] = begins if known is None else max(known, begins)
        if known is not None and known < begins:
            lost[place[0]] = lost.get(place[0], 0) + begins - known
    return Start(positions, lost, anew)


class Source:
    """The topics as the desk reads them."""

    def __init__(self, settings: Settings, topics: Iterable[str] = TOPICS) -> None:
        """Prepare; `start` connects."""
        self._settings = settings
        prefix, count = settings.topics.prefix, settings.topics.partitions
        self._places = {
            TopicPartition(prefix + topic, number): (topic, number)
            for topic in topics
            for number in range(BY_NAME[topic].partitions or count)
        }
        self.consumer = f"{CONSUMER}/{prefix}" if prefix else CONSUMER  # other topics, other offsets
        self._order = {topic: index for index, topic in enumerate(topics)}
        self._consumer: AIOKafkaConsumer | None = None

    async def start(self, stored: Mapping[Partition, int]) -> Start:
        """Connect and go to where reading begins.

        Raises:
            KafkaError, OSError: the broker does not answer.
        """
        consumer = self._consumer = AIOKafkaConsumer(
            **client_options(self._settings.kafka),
            isolation_level="read_committed",
            auto_offset_reset="none",  # a position that is no longer there is an alarm, not a silent jump
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
        )
        await consumer.start()
        consumer.assign(list(self._places))
        first = await consumer.beginning_offsets(list(self._places))
        end = await consumer.end_offsets(list(self._places))
        start = start_from(stored, self._named(first), self._named(end))
        for place, named in self._places.items():
            consumer.seek(place, start.positions[named])
        return start

    async def stop(self) -> None:
        """Disconnect."""
        if self._consumer is not None:
            consumer, self._consumer = self._consumer, None
            await consumer.stop()

    async def fetch(self) -> list[Came]:
        """Return what came, topics in their order and each partition in its own; empty after a short wait.

        Raises:
            KafkaError: a position is out of range, or the broker refuses.
        """
        found = await self._open.getmany(*self._places, timeout_ms=_WAIT_MS, max_records=_MOST)
        named = [(self._places[place], records) for place, records in found.items()]
        named.sort(key=lambda part: (self._order[part[0][0]], part[0][1]))
        return [Came(topic, number, record) for (topic, number), records in named for record in records]

    async def lag(self) -> dict[str, int]:
        """Return by topic how many offsets lie between what was fetched and the log's end.

        Raises:
            KafkaError: the broker does not answer; limit the time yourself.
        """
        behind = dict.fromkeys(self._order, 0)
        for place, end in (await self._open.end_offsets(list(self._places))).items():
            behind[self._places[place][0]] += max(0, end - await self._open.position(place))
        return behind

    def _named(self, offsets: Mapping[TopicPartition, int]) -> dict[Partition, int]:
        return {self._places[place]: offset for place, offset in offsets.items()}

    @property
    def _open(self) -> AIOKafkaConsumer:
        assert self._consumer is not None, "start first"
        return self._consumer
