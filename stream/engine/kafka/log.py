"""The log port on Kafka: one transactional producer a shard, records from the worker's one consumer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, ProducerFenced

from stream.broker.clients import client_options
from stream.config import Settings
from stream.engine.kafka.committed import committed as committed_offsets
from stream.engine.kafka.intake import Intake
from stream.engine.log.merge import AHEAD
from stream.engine.log.port import Chunk, Fenced, LogFailure, Message, Opening, Output, Record
from stream.topics import CHANGELOG, INPUTS

RETRY_BACKOFF_MS = 5
"""Between transactions aiokafka waits this long when the broker still finishes the last one; its default of 100 is
five times the transaction itself. `stream.logs` keeps what it says while a broker is away to a line in five seconds."""

COMPRESSION = "zstd"
"""aiokafka compresses lz4 at level 9: 34 ms for 900 kB of states, where zstd takes 6 ms and a quarter less room."""

_BATCH_BYTES = 900_000  # of a record batch, before compression
_REQUEST_BYTES = 16 << 20
_STOP_S = 5.0


class KafkaShardLog:
    """`ShardLog` on Kafka."""

    def __init__(self, settings: Settings, shard: int, intake: Intake, *, topics: Sequence[str] = INPUTS) -> None:
        """`intake` hands this log its records by `receive` while the consumer holds the shard."""
        self.shard = shard
        self._settings = settings
        self._intake = intake
        self._prefix = settings.topics.prefix
        self._partitions = {topic: intake.partition(topic, shard) for topic in topics}
        self._producer: AIOKafkaProducer | None = None
        self._inbox: dict[str, list[Record]] = {topic: [] for topic in topics}
        self._next: dict[str, int] = {}  # by topic: the next offset to receive
        self._last: dict[str, int] = {}  # by topic: the offset after the last record received
        self._arrived = asyncio.Event()
        self._capacity = min(settings.engine.batch_events, AHEAD)
        self._changelog = TopicPartition(self._prefix + CHANGELOG, shard)
        self.started = False

    async def open(self) -> Opening:
        """Fence first, then read; see the port."""
        engine = self._settings.engine
        self._producer = AIOKafkaProducer(
            **client_options(self._settings.kafka),
            transactional_id=f"{engine.group}-{self.shard}",
            transaction_timeout_ms=engine.transaction_timeout_ms,
            compression_type=COMPRESSION,
            retry_backoff_ms=RETRY_BACKOFF_MS,
            max_batch_size=_BATCH_BYTES,
            max_request_size=_REQUEST_BYTES,
        )
        limit = 2 * engine.transaction_timeout_ms / 1000  # by then whatever was open has been aborted
        try:
            return await asyncio.wait_for(self._fence_and_read(self._producer), limit)
        except ProducerFenced:
            raise Fenced(f"shard {self.shard}") from None
        except TimeoutError:
            raise LogFailure(f"shard {self.shard} cannot be opened: no end within {limit:.0f} s") from None
        except KafkaError as fault:
            raise LogFailure(f"shard {self.shard} cannot be opened: {type(fault).__name__}: {fault}") from fault

    async def _fence_and_read(self, producer: AIOKafkaProducer) -> Opening:
        await producer.start()
        return await self._read_opening()

    async def _read_opening(self) -> Opening:
        options = client_options(self._settings.kafka)
        committed_reader = AIOKafkaConsumer(**options, isolation_level="read_committed")
        plain_reader = AIOKafkaConsumer(**options, isolation_level="read_uncommitted")
        await committed_reader.start()
        await plain_reader.start()
        try:
            # After fencing, the old owner's transaction is being aborted: until the marker is written the last
            # stable offset stays behind, and a restore up to it would miss nothing only by luck.
            partitions = [self._changelog]
            while True:
                high = (await plain_reader.end_offsets(partitions))[self._changelog]
                stable = (await committed_reader.end_offsets(partitions))[self._changelog]
                if stable >= high:
                    break
                await asyncio.sleep(RETRY_BACKOFF_MS / 1000)  # the broker offers no event for it
            start = (await plain_reader.beginning_offsets(partitions))[self._changelog]
            inputs = self._partitions
            first = await plain_reader.beginning_offsets(list(inputs.values()))
            known = await committed_offsets(self._settings, inputs.values())
            committed = {topic: known[partition] for topic, partition in inputs.items() if partition in known}
            begun = any(offset > first[inputs[topic]] for topic, offset in committed.items())
            return Opening(committed, start, stable, begun)
        finally:
            await committed_reader.stop()
            await plain_reader.stop()

    async def restore(self, start: int, end: int) -> AsyncIterator[tuple[Chunk, int]]:
        """Read the changelog; caught up means the consumer's position, because control records leave gaps."""
        if start >= end:
            return
        reader = AIOKafkaConsumer(
            **client_options(self._settings.kafka),
            isolation_level="read_committed",
            auto_offset_reset="none",
            max_partition_fetch_bytes=8 << 20,
            fetch_max_wait_ms=50,
        )
        await reader.start()
        try:
            reader.assign([self._changelog])
            reader.seek(self._changelog, start)
            while True:
                found = await reader.getmany(self._changelog, timeout_ms=50, max_records=10_000)
                chunk = [(r.key, r.value) for r in found.get(self._changelog, ()) if r.offset < end and r.key]
                reached = await reader.position(self._changelog)
                if chunk or reached >= end:
                    yield chunk, min(reached, end)
                if reached >= end:
                    return
        finally:
            await reader.stop()

    def start(self, positions: Mapping[str, int]) -> None:
        """Fetch every input topic from its position on."""
        self._next = dict(positions)
        self.started = True
        self.refetch()

    def refetch(self) -> None:
        """Seek to what comes next: at the start, and after a rebalance moved the consumer back to the committed."""
        for topic, partition in self._partitions.items():
            self._intake.seek(partition, self._next.get(topic, 0))

    def receive(self, topic: str, records: Sequence[Record]) -> None:
        """Take records from the consumer, dropping what lies before the position: a rebalance delivers some again."""
        if not self.started:
            return
        expected = self._next.get(topic, 0)
        if records and records[0].offset < expected:
            records = [record for record in records if record.offset >= expected]
        if not records:
            return
        inbox = self._inbox[topic]
        inbox.extend(records)
        self._next[topic] = self._last[topic] = records[-1].offset + 1
        self._arrived.set()

    def room(self) -> Iterator[tuple[TopicPartition, bool]]:
        """Yield the partitions of the input topics, and of each whether its inbox takes more."""
        if self.started:
            for topic, partition in self._partitions.items():
                yield partition, len(self._inbox[topic]) < self._capacity

    def passed(self, topic: str, position: int) -> None:
        """Learn that the consumer stands at `position`: control records and aborted ones are never delivered."""
        if self.started and position > self._next.get(topic, 0):
            self._next[topic] = position

    def waiting(self) -> Iterator[tuple[str, TopicPartition]]:
        """Yield the topics whose position lies before the broker's end with nothing delivered."""
        if not self.started:
            return
        for topic, partition in self._partitions.items():
            end, _ = self._intake.bounds(partition)
            if end is not None and not self._inbox[topic] and self._next.get(topic, 0) < end:
                yield topic, partition

    def starving(self, since: float) -> bool:
        """Tell whether records are there that do not come; not if the broker was last heard of before `since` (ms)."""
        return any(self._intake.bounds(partition)[1] >= since for _, partition in self.waiting())

    async def fetch(self, full: Collection[str], wait_s: float) -> Mapping[str, Sequence[Record]]:
        """Return what the consumer delivered; see the port."""
        if found := self._drain(full):
            return found
        # What waits in a full topic is no reason to return at once: the caller would ask again without ever giving
        # the consumer a turn to deliver what the others lack.
        if not wait_s:
            return {}
        self._arrived.clear()
        try:
            await asyncio.wait_for(self._arrived.wait(), wait_s)
        except TimeoutError:
            return {}
        return self._drain(full)

    def _drain(self, full: Collection[str]) -> dict[str, Sequence[Record]]:
        found: dict[str, Sequence[Record]] = {}
        for topic, inbox in self._inbox.items():
            if inbox and topic not in full:
                found[topic] = inbox
                self._inbox[topic] = []
        return found

    def settled(self, topic: str) -> float:
        """Return when the broker last said that the topic has no more than was delivered."""
        if self._inbox[topic]:
            return float("-inf")
        end, heard = self._intake.bounds(self._partitions[topic])
        return heard if end is not None and self._next.get(topic, 0) >= end else float("-inf")

    def lag(self, topic: str, position: int) -> int:
        """Return the records between `position` and the end as last heard; 0 where only transactions' markers lie."""
        end, _ = self._intake.bounds(self._partitions[topic])
        if end is not None and position >= self._last.get(topic, 0) and self._next.get(topic, 0) >= end:
            return 0
        return max(0, end - position) if end is not None else 0

    async def commit(self, output: Output) -> int:
        """Offsets first, then the records, every delivery awaited, then the commit.

        Offsets first because aiokafka then overlaps the group coordinator's work with the records' (12 ms a
        transaction where offsets last takes 27).
        """
        producer = self._producer
        assert producer is not None, "open the log first"
        try:
            await producer.begin_transaction()
            if output.positions:
                offsets = {self._partitions[t]: o for t, o in output.positions.items()}
                await producer.send_offsets_to_transaction(offsets, self._settings.engine.group)
            changelog = (Message(CHANGELOG, key, value) for key, value in output.changelog.items())
            end = await self._send(producer, [*output.messages], changelog)
            await producer.commit_transaction()
            return end
        except ProducerFenced:
            _put_away(producer)
            raise Fenced(f"shard {self.shard}") from None
        except (KafkaError, AssertionError) as fault:
            # aiokafka asserts its way out of a fenced or expired transaction; whatever it was, nothing is known
            raise LogFailure(f"shard {self.shard}: {type(fault).__name__}: {fault}") from fault

    async def _send(self, producer: AIOKafkaProducer, messages: list[Message], changelog: Iterable[Message]) -> int:
        places: dict[tuple[str, int], list[Message]] = {}
        for message in messages:
            partition = self.shard if message.partition is None else message.partition
            places.setdefault((message.topic, partition), []).append(message)
        futures: list[tuple[Any, int, bool]] = []
        for (topic, partition), group in places.items():
            for batch, count in _batches(producer, group):
                future = await producer.send_batch(batch, self._prefix + topic, partition=partition)
                futures.append((future, count, False))
        for batch, count in _batches(producer, changelog):
            future = await producer.send_batch(batch, self._changelog.topic, partition=self.shard)
            futures.append((future, count, True))
        deliveries = await asyncio.gather(*(future for future, _, _ in futures), return_exceptions=True)
        end = 0
        for delivered, (_, count, is_changelog) in zip(deliveries, futures, strict=True):
            if isinstance(delivered, BaseException):
                raise delivered
            if is_changelog:
                end = delivered.offset + count
        return end

    async def close(self) -> None:
        """Stop the producer; what it has not committed is aborted by the broker or by the next owner."""
        self.started = False
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                await asyncio.wait_for(producer.stop(), _STOP_S)
            except (KafkaError, TimeoutError):  # fenced, or no broker answers: it cannot end well, and need not
                return
            finally:
                _put_away(producer)


def _put_away(producer: AIOKafkaProducer) -> None:
    """aiokafka leaves a fault in a future that nobody awaits, which asyncio would report when it is collected."""
    waiter = getattr(producer._txn_manager, "_transaction_waiter", None)
    if waiter is not None and waiter.done() and not waiter.cancelled():
        waiter.exception()


def _batches(producer: AIOKafkaProducer, messages: Iterable[Message]) -> Iterator[tuple[Any, int]]:
    """Yield record batches and how many records each has."""
    batch, count = producer.create_batch(), 0
    for message in messages:
        fields = {
            "timestamp": message.timestamp,
            "key": message.key,
            "value": message.value,
            "headers": list(message.headers),
        }
        if batch.append(**fields) is None:
            yield batch, count
            batch, count = producer.create_batch(), 0
            batch.append(**fields)
        count += 1
    if count:
        yield batch, count
