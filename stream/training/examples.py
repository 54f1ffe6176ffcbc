"""Reads `examples`: all partitions, committed records only, from positions of our own, without a group."""

from __future__ import annotations

from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition

from stream.broker.clients import client_options
from stream.config import Settings
from stream.training.merge import Merge

TOPIC = "examples"
_WAIT_MS = 200
_MOST = 2_000  # records of one partition kept waiting for the others


class Examples:
    """The topic as the trainer reads it."""

    def __init__(self, settings: Settings) -> None:
        """Prepare; `start` connects."""
        self._settings = settings
        name = settings.topics.prefix + TOPIC
        self._partitions = {n: TopicPartition(name, n) for n in range(settings.topics.partitions)}
        self._consumer: AIOKafkaConsumer | None = None
        self._ends: dict[int, int] = {}
        self.merge = Merge(self._partitions)

    async def start(self) -> tuple[dict[int, int], dict[int, int]]:
        """Connect, and return each partition's first offset and its end, as they are now."""
        self._consumer = AIOKafkaConsumer(
            **client_options(self._settings.kafka),
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_partition_fetch_bytes=2 << 20,
            fetch_max_wait_ms=100,
        )
        await self._consumer.start()
        places = list(self._partitions.values())
        self._consumer.assign(places)
        first = await self._consumer.beginning_offsets(places)
        ends = await self._consumer.end_offsets(places)
        self._ends = {n: ends[place] for n, place in self._partitions.items()}
        return {n: first[place] for n, place in self._partitions.items()}, dict(self._ends)

    async def stop(self) -> None:
        """Disconnect."""
        if self._consumer is not None:
            await self._consumer.stop()

    def seek(self, positions: Mapping[int, int]) -> None:
        """Read on from these offsets."""
        for number, offset in positions.items():
            self._open.seek(self._partitions[number], offset)

    async def fetch(self) -> set[int]:
        """Wait a moment for records, put them into `merge`, and return the partitions that have no more."""
        hungry = [place for n, place in self._partitions.items() if self.merge.held(n) < _MOST]
        found = await self._open.getmany(*hungry, timeout_ms=_WAIT_MS) if hungry else {}
        for place, records in found.items():
            self.merge.add(place.partition, records)
        return {n for n in self._partitions if await self._position(n) >= self._end(n)}

    async def lag(self, number: int, position: int) -> int:
        """Return how many records lie between `position` and the end as last heard; 0 where only markers do."""
        if not self.merge.held(number) and await self._position(number) >= self._end(number):
            return 0
        return max(0, self._end(number) - position)

    async def passed(self, number: int) -> int | None:
        """Return the position in a partition of which all that came was taken; markers are behind it then."""
        return None if self.merge.held(number) else await self._position(number)

    async def _position(self, number: int) -> int:
        position: int = await self._open.position(self._partitions[number])
        return position

    def _end(self, number: int) -> int:
        """The last stable offset: committed records end there."""
        heard = self._open.last_stable_offset(self._partitions[number])
        self._ends[number] = max(self._ends[number], heard or 0)
        return self._ends[number]

    @property
    def _open(self) -> AIOKafkaConsumer:
        assert self._consumer is not None, "start first"
        return self._consumer
