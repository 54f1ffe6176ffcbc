"""Carries records from the old layout into the wider one, each exactly once however often it is interrupted.

One Kafka transaction holds some records of one partition, how far that partition has been copied, and where in the
copy those records lie that a group has come to. So what was copied is always known, and the groups' places are exact.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerFenced
from aiokafka.structs import TopicPartition
from msgspec import json

from stream.config import Settings
from stream.ops.widen.clients import Offsets
from stream.ops.widen.family import STATES, WHOLE, Family
from stream.ops.widen.layout import WidenRefused
from stream.ops.widen.survey import Source

MOST = 5_000  # records of one transaction
_POLL_MS = 200
_SAID_BYTES = 4_096  # offset.metadata.max.bytes of a broker that was not told otherwise

Route = Callable[[Any], list[tuple[int, bytes | None]]]
"""Record -> partitions of the wider layout, with the value that goes there."""

Counted = Callable[[int], None]


def progress_group(settings: Settings) -> str:
    """Return the group under which it is written how far each partition has been copied."""
    return f"{settings.engine.group}-widen"


def route(source: Source, old: Settings, new: Settings) -> Route:
    """Return where the records of a partition go."""
    family = Family(source.number, old.topics.partitions, new.topics.partitions)
    if source.topic in WHOLE:
        return lambda record: [(0, record.value)]
    if source.topic == STATES:
        return lambda record: family.states(record.key or b"", record.value)
    return lambda record: [(family.child(record.key), record.value)]


def pieces(records: Sequence[Any], at: int, upto: int, marks: Collection[int]) -> Iterator[tuple[list[Any], int]]:
    """Cut the records of offsets from `at` to before `upto` at the marks: records, and the offset after each piece."""
    for cut in [*sorted({mark for mark in marks if at < mark < upto}), upto]:
        yield [record for record in records if at <= record.offset < cut], cut
        at = cut


class Copier:
    """Copies partition after partition with one transactional producer."""

    def __init__(self, producer: AIOKafkaProducer, consumer: Any, old: Settings, new: Settings, known: Offsets) -> None:
        """`known`: what the progress group has committed."""
        self._producer = producer
        self._consumer = consumer
        self._old, self._new = old, new
        self._known = known
        self.landed: dict[tuple[str, int], Landing] = {}

    def reached(self, source: Source) -> int:
        """Return up to where a partition has been copied."""
        known = self._known.get(self._place(source.topic, source.number))
        return source.first if known is None else max(known.offset, source.first)

    async def copy(self, source: Source, counted: Counted) -> None:
        """Copy what has not been copied of a partition, up to the end the survey saw.

        Raises:
            WidenRefused: another widening has begun meanwhile, or the broker refused.
        """
        origin = TopicPartition(self._old.topics.prefix + source.topic, source.number)
        at = self.reached(source)
        landing = Landing.read(self._known.get(self._place(source.topic, source.number)))
        self.landed[source.topic, source.number] = landing
        self._consumer.assign([origin])
        self._consumer.seek(origin, at)
        going = route(source, self._old, self._new)
        marks = set(source.marks.values())
        while at < source.end:
            found = await self._consumer.getmany(origin, timeout_ms=_POLL_MS, max_records=MOST)
            upto = min(source.end, await self._consumer.position(origin))
            for piece, reached in pieces(found.get(origin, ()), at, upto, marks):
                if piece or reached == source.end or reached in marks:
                    await self._carry(source, going, piece, reached, landing)
                    counted(len(piece))
            at = max(at, upto)

    async def note(self, place: TopicPartition, offset: int, said: str, rows: Iterable[Row] = ()) -> None:
        """Write down something of the whole under a place of its own, and rows of the changelog, in one transaction."""
        await self._transaction(rows, lambda ends: (place, offset, said))

    async def _carry(self, source: Source, going: Route, piece: Sequence[Any], reached: int, landing: Landing) -> None:
        rows = [
            (source.topic, number, record.key, value, record.timestamp, record.headers)
            for record in piece
            for number, value in going(record)
        ]

        def progress(ends: Mapping[int, int]) -> tuple[TopicPartition, int, str]:
            landing.passed(ends, reached if reached in source.marks.values() else None)
            return self._place(source.topic, source.number), reached, landing.said()

        await self._transaction(rows, progress)

    async def _transaction(
        self, rows: Iterable[Row], progress: Callable[[Mapping[int, int]], tuple[TopicPartition, int, str]]
    ) -> None:
        """Write rows and what `progress` makes of where they end, by partition."""
        producer = self._producer
        try:
            async with producer.transaction():
                place, offset, said = progress(await self._send(rows))
                await producer.send_offsets_to_transaction({place: (offset, said)}, progress_group(self._old))
        except ProducerFenced:
            raise WidenRefused("another widening has begun meanwhile and goes on with what is left") from None
        except (KafkaError, AssertionError) as fault:  # aiokafka asserts its way out of an expired transaction
            raise WidenRefused(f"the broker refused ({type(fault).__name__}: {fault}): run it again") from fault

    async def _send(self, rows: Iterable[Row]) -> dict[int, int]:
        """Send rows, each partition's in their order, and return the offset after the last by partition."""
        apart: dict[tuple[str, int], list[Row]] = {}
        for row in rows:
            apart.setdefault(row[:2], []).append(row)
        waiting: list[tuple[int, int, Any]] = []
        for (topic, number), group in apart.items():
            for batch, count in self._batches(group):
                name = self._new.topics.prefix + topic
                waiting.append((number, count, await self._producer.send_batch(batch, name, partition=number)))
        delivered = await asyncio.gather(*(future for _, _, future in waiting))
        return {number: one.offset + count for (number, count, _), one in zip(waiting, delivered, strict=True)}

    def _batches(self, rows: Iterable[Row]) -> Iterator[tuple[Any, int]]:
        batch, count = self._producer.create_batch(), 0
        for _, _, key, value, timestamp, headers in rows:
            fields = {"timestamp": timestamp, "key": key, "value": value, "headers": list(headers)}
            if batch.append(**fields) is None:
                yield batch, count
                batch, count = self._producer.create_batch(), 0
                batch.append(**fields)
            count += 1
        if count:
            yield batch, count

    def _place(self, topic: str, number: int) -> TopicPartition:
        """Places are noted under the new topics' names: they go when these are deleted."""
        return TopicPartition(self._new.topics.prefix + topic, number)


Row = tuple[str, int, bytes | None, bytes | None, int | None, Sequence[tuple[str, bytes]]]
"""Topic, partition of the wider layout, key, value, timestamp in ms (`None`: now), headers."""


class Landing:
    """Where the marks of a partition lie in its children; kept beside the progress, to survive a kill.

    A mark is the next offset of a group. In each child it lies behind the last record copied from before it.
    """

    def __init__(self, ends: dict[int, int] | None = None, marks: dict[int, dict[int, int]] | None = None) -> None:
        """`ends`: offset after the last copied record by child; `marks`: what that was at each mark."""
        self._ends = ends or {}
        self._marks = marks or {}

    @classmethod
    def read(cls, known: Any) -> Landing:
        """Return what was committed with the progress; nothing was: nothing has been copied."""
        return cls() if known is None or not known.metadata else cls(*json.decode(known.metadata, type=_Said))

    def passed(self, ends: Mapping[int, int], mark: int | None) -> None:
        """Take where the records of a piece ended; `mark`: of the offset that the piece came up to, if it is one."""
        self._ends |= ends
        if mark is not None:
            self._marks[mark] = dict(self._ends)

    def place(self, mark: int, child: int) -> int:
        """Return the offset in a child that is next for who is at `mark`."""
        return self._marks.get(mark, {}).get(child, 0)

    def said(self) -> str:
        """Return it in the form in which it is committed.

        Raises:
            WidenRefused: it is longer than a broker takes.
        """
        said = json.encode((self._ends, self._marks)).decode()
        if len(said) > _SAID_BYTES:
            raise WidenRefused("too much to note for one partition: widen by a smaller factor, or with fewer --reader")
        return said


_Said = tuple[dict[int, int], dict[int, dict[int, int]]]
