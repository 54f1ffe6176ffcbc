"""Publish replay lines: Java clients' partitioner, an idempotent producer, whole batches, every delivery awaited."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from stream.broker.clients import client_options
from stream.config import Settings
from stream.engine.log.jsonl import Fault, Line, Record
from stream.engine.log.partition import partition_for

_BATCH_BYTES = 262_144
_CHUNK_LINES, _CHUNK_S = 1000, 0.02
_IN_FLIGHT = 400  # batches whose delivery is still awaited
_KNOWN_KEYS = 100_000
_PATIENCE_S = 0.01  # a pause shorter than this is made up for later


class ProduceError(RuntimeError):
    """The broker cannot be reached or took back what it promised; the message says what to do."""


@dataclass(slots=True)
class Sent:
    """What came of it. Only what the broker acknowledged counts as sent.

    Attributes:
        by_topic: records acknowledged, by topic name without prefix.
        faults: lines that are not replay lines, or name a topic that does not exist.
        refused: records that the broker refused, by topic and reason.
        seconds: how long it took.
        stopped: whether it ended before its input did.
    """

    by_topic: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    stopped: bool = False

    @property
    def total(self) -> int:
        """Records acknowledged."""
        return self.by_topic.total()


async def produce(
    settings: Settings,
    lines: Iterable[Record | Fault | Line],
    *,
    rate: float | None = None,
    speedup: float | None = None,
    progress: Callable[[Sent], None] | None = None,
    stop: asyncio.Event | None = None,
) -> Sent:
    """Publish `lines` in their order and wait until every one is acknowledged.

    Args:
        settings: broker and topic prefix; `kafka.bootstrap` must be known.
        lines: read in a thread of their own, so that a slow source does not hold up the broker's heartbeat.
        rate: records a second at most.
        speedup: seconds of the lines' timestamps that pass in one second; None is as fast as it goes.
        progress: told now and then how far it is.
        stop: when set, what was taken is delivered and the rest left.

    Raises:
        ProduceError: the broker cannot be reached.
        ConfigError: no broker is known.
    """
    stop = stop or asyncio.Event()
    began = time.monotonic()
    sent = Sent()
    options = client_options(settings.kafka)
    producer = AIOKafkaProducer(
        **options, enable_idempotence=True, compression_type="lz4", max_batch_size=_BATCH_BYTES, linger_ms=2
    )
    try:
        await producer.start()
    except KafkaError as fault:
        await producer.stop()
        raise ProduceError(f"{settings.kafka.bootstrap} does not answer ({fault}); is the broker up?") from fault
    try:
        sender = _Sender(producer, settings.topics.prefix, sent, await producer.client.fetch_all_metadata())
        pace = _Pace(rate, speedup)

        async def pause() -> None:
            await sender.flush()
            if progress:
                progress(sent)

        try:
            async with aclosing(_chunks(lines, stop)) as chunks:
                async for chunk in chunks:
                    for line in chunk:
                        if not await pace.due(line, stop, pause):
                            break
                        await sender.add(line)
                    if stop.is_set():
                        break
                    if len(chunk) < _CHUNK_LINES:
                        await sender.flush()  # a source that trickles must not wait for full batches
                    if progress:
                        progress(sent)
        finally:
            await sender.finish()
    except KafkaError as fault:
        raise ProduceError(f"the broker failed after {sent.total} records: {fault!r}") from fault
    finally:
        with suppress(KafkaError):
            await producer.stop()
    sent.stopped = stop.is_set()
    sent.seconds = time.monotonic() - began
    if progress:
        progress(sent)
    return sent


class _Sender:
    """Fills one batch a partition and keeps account of what the broker said to each."""

    def __init__(self, producer: Any, prefix: str, sent: Sent, cluster: Any) -> None:
        self._producer = producer
        self._prefix = prefix
        self._sent = sent
        self._cluster = cluster
        self._sizes: dict[str, int] = {}
        self._known: dict[tuple[bytes, int], int] = {}
        self._open: dict[tuple[str, int], Any] = {}
        self._flying: deque[tuple[str, int, asyncio.Future[Any]]] = deque()

    async def add(self, line: Record | Fault | Line) -> None:
        """Put one record into its partition's batch."""
        if isinstance(line, Line):
            value = None if line.value is None else orjson.dumps(line.value)
            line = Record(0, line.topic, None if line.key is None else line.key.encode(), line.timestamp, value)
        if isinstance(line, Fault):
            self._sent.faults.append(line)
            return
        size = self._partitions(line.topic)
        if not size:
            self._sent.faults.append(
                Fault(line.line, f"topic {self._prefix + line.topic!r} does not exist; run: churnwatch topics apply")
            )
            return
        place = (line.topic, line.line % size if line.key is None else self._partition(line.key, size))
        batch = self._open.get(place)
        if batch is None:
            batch = self._open[place] = self._producer.create_batch()
        if batch.append(key=line.key, value=line.value, timestamp=line.timestamp) is None:
            await self._send(place)
            batch = self._open[place] = self._producer.create_batch()
            batch.append(key=line.key, value=line.value, timestamp=line.timestamp)

    async def flush(self) -> None:
        """Send what is in the batches, full or not."""
        for place in list(self._open):
            await self._send(place)
        await self._settle(_IN_FLIGHT)

    async def finish(self) -> None:
        """Send everything and wait until all of it is acknowledged or refused."""
        await self.flush()
        await self._settle(0)

    def _partitions(self, topic: str) -> int:
        if (size := self._sizes.get(topic)) is None:
            size = self._sizes[topic] = len(self._cluster.partitions_for_topic(self._prefix + topic) or ())
        return size

    def _partition(self, key: bytes, size: int) -> int:
        """Remember the partitions of keys: hashing one in Python took a fifth of the time (43,000 to 54,000/s)."""
        if (partition := self._known.get((key, size))) is None:
            if len(self._known) >= _KNOWN_KEYS:
                self._known.clear()
            partition = self._known[key, size] = partition_for(key, size)
        return partition

    async def _send(self, place: tuple[str, int]) -> None:
        topic, partition = place
        batch = self._open.pop(place)
        count = batch.record_count()
        future = await self._producer.send_batch(batch, self._prefix + topic, partition=partition)
        self._flying.append((topic, count, future))
        await self._settle(_IN_FLIGHT)

    async def _settle(self, most: int) -> None:
        """Take account of what was answered, and wait while more than `most` batches are not."""
        while self._flying and (len(self._flying) > most or self._flying[0][2].done()):
            topic, count, future = self._flying.popleft()
            try:
                await future
            except KafkaError as fault:
                self._sent.refused[f"{topic}: {type(fault).__name__}"] += count
            else:
                self._sent.by_topic[topic] += count


class _Pace:
    """Says when a line is due: not above `rate`, and not ahead of its timestamp at `speedup`."""

    def __init__(self, rate: float | None, speedup: float | None) -> None:
        self._rate = rate
        self._speedup = speedup
        self._began = time.monotonic()
        self._count = 0
        self._first: int | None = None

    async def due(
        self, line: Record | Fault | Line, stop: asyncio.Event, before: Callable[[], Awaitable[None]]
    ) -> bool:
        """Wait until `line` is due; False when stopped. `before` runs ahead of a wait worth the name."""
        if stop.is_set():
            return False
        if self._wait(line) > _PATIENCE_S:
            await before()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._wait(line, again=True))
                return False
        return True

    def _wait(self, line: Record | Fault | Line, again: bool = False) -> float:
        due = 0.0
        self._count += not again
        if self._rate:
            due = (self._count - 1) / self._rate
        if self._speedup and not isinstance(line, Fault):
            if self._first is None:
                self._first = line.timestamp
            due = max(due, (line.timestamp - self._first) / 1000 / self._speedup)
        return max(0.0, self._began + due - time.monotonic())


async def _chunks(
    lines: Iterable[Record | Fault | Line], stop: asyncio.Event
) -> AsyncGenerator[list[Record | Fault | Line], None]:
    """Read in a daemon thread, a few chunks ahead; an exception of the source is raised here."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[list[Record | Fault | Line] | BaseException | None] = asyncio.Queue(4)
    abandoned = threading.Event()

    def put(item: list[Record | Fault | Line] | BaseException | None) -> None:
        with suppress(RuntimeError):  # the loop has ended
            asyncio.run_coroutine_threadsafe(queue.put(item), loop).result()

    def read() -> None:
        chunk: list[Record | Fault | Line] = []
        since = time.monotonic()
        try:
            for line in lines:
                chunk.append(line)
                if len(chunk) >= _CHUNK_LINES or time.monotonic() - since > _CHUNK_S:
                    put(chunk)
                    chunk, since = [], time.monotonic()
                if abandoned.is_set():
                    return
            put(chunk)
            put(None)
        except BaseException as fault:
            put(chunk)
            put(fault)

    threading.Thread(target=read, name="replay-lines", daemon=True).start()
    stopping = asyncio.ensure_future(stop.wait())
    try:
        while True:
            taking = asyncio.ensure_future(queue.get())
            await asyncio.wait((taking, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not taking.done():
                taking.cancel()
                return
            item = taking.result()
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        abandoned.set()
        stopping.cancel()
        while not queue.empty():  # lets a reader that waits for room go on and end
            queue.get_nowait()
