"""A log in memory that keeps the contract of the Kafka one: transactions, fencing, changelog. For replay and tests."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from stream.engine.log.port import Chunk, Fenced, Headers, Opening, Output, Record
from stream.topics import CHANGELOG

_CHUNK = 5000


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """A record as it stands in the log."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


@dataclass
class MemoryBroker:
    """Topics by (name, partition), committed offsets and the epochs of transactional producers."""

    topics: dict[tuple[str, int], list[MemoryRecord]] = field(default_factory=lambda: defaultdict(list))
    committed: dict[tuple[str, int], int] = field(default_factory=dict)
    epochs: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def append(
        self, topic: str, partition: int, key: bytes | None, value: bytes | None, timestamp: int, headers: Headers = ()
    ) -> int:
        """Write one record and return its offset."""
        records = self.topics[topic, partition]
        records.append(MemoryRecord(len(records), timestamp, key, value, headers))
        return len(records) - 1


class MemoryBulletin:
    """`Bulletin` over a `MemoryBroker`."""

    def __init__(self, broker: MemoryBroker, topic: str) -> None:
        """Read partition 0 of `topic`."""
        self._records = broker.topics[topic, 0]

    def since(self, offset: int) -> Sequence[MemoryRecord]:
        """Return the records from `offset` on."""
        return self._records[offset:]

    async def reaches(self, offset: int) -> None:
        """What is in memory has been read."""


class MemoryShardLog:
    """`ShardLog` over a `MemoryBroker`. What is not in the broker yet will never come: a topic read out is settled."""

    def __init__(self, broker: MemoryBroker, shard: int, topics: Sequence[str], *, fetch_records: int = 4000) -> None:
        """`fetch_records`: records of a topic that one fetch returns at most."""
        self.shard = shard
        self._broker = broker
        self._topics = tuple(topics)
        self._fetch_records = fetch_records
        self._epoch = 0
        self._next: dict[str, int] = {}

    async def open(self) -> Opening:
        """Take the next epoch, which fences the former owner, then read the positions."""
        self._broker.epochs[self.shard] += 1
        self._epoch = self._broker.epochs[self.shard]
        committed = {topic: self._broker.committed.get((topic, self.shard), 0) for topic in self._topics}
        end = len(self._broker.topics[CHANGELOG, self.shard])
        return Opening(committed, 0, end, any(committed.values()))

    async def restore(self, start: int, end: int) -> AsyncIterator[tuple[Chunk, int]]:
        """Yield the changelog in chunks."""
        records = self._broker.topics[CHANGELOG, self.shard]
        for first in range(start, end, _CHUNK):
            last = min(first + _CHUNK, end)
            yield [(record.key or b"", record.value) for record in records[first:last]], last

    def start(self, positions: Mapping[str, int]) -> None:
        """Fetch from `positions` on."""
        self._next = {topic: positions.get(topic, 0) for topic in self._topics}

    async def fetch(self, full: Collection[str], wait_s: float) -> Mapping[str, Sequence[Record]]:
        """Return the next records of every topic that is not full; never waits, but lets others run."""
        await asyncio.sleep(0)
        found: dict[str, Sequence[Record]] = {}
        for topic in self._topics:
            if topic in full:
                continue
            first = self._next[topic]
            records = self._broker.topics[topic, self.shard][first : first + self._fetch_records]
            if records:
                found[topic] = records
                self._next[topic] = first + len(records)
        return found

    def settled(self, topic: str) -> float:
        """Return infinity for a topic that is read out."""
        return float("-inf") if self.lag(topic, self._next[topic]) else float("inf")

    def lag(self, topic: str, position: int) -> int:
        """Return the records from `position` on."""
        return len(self._broker.topics[topic, self.shard]) - position

    async def commit(self, output: Output) -> int:
        """Write all of a batch, or nothing when a newer owner has opened the shard."""
        if self._broker.epochs[self.shard] != self._epoch:
            raise Fenced(f"shard {self.shard}")
        for message in output.messages:
            partition = self.shard if message.partition is None else message.partition
            timestamp = message.timestamp or 0
            self._broker.append(message.topic, partition, message.key, message.value, timestamp, message.headers)
        for key, value in output.changelog.items():
            self._broker.append(CHANGELOG, self.shard, key, value, 0)
        for topic, offset in output.positions.items():
            self._broker.committed[topic, self.shard] = offset
        return len(self._broker.topics[CHANGELOG, self.shard])

    async def close(self) -> None:
        """Nothing to let go of."""
