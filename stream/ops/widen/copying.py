"""Carries records from the old layout into the wider one, each exactly once however often it is interrupted.

One Kafka transaction holds some records of one partition, how far that partition has been copied, and where the groups
stand that had taken all of them. So what was copied is always known, and the groups' places are exact: up to its mark
a group's place in the new partition follows the records, and from there on it stays.
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
        self._group = progress_group(old)
        self._known = known
        self.landed: dict[int, int] = {}  # where a mark in a topic of one partition lies in its copy

    def reached(self, source: Source) -> int:
        """Return up to where a partition has been copied."""
        known = self._known.get(self._place(source.topic, source.number))
        return source.first if known is None else max(known.offset, source.first)

    async def copy(self, source: Source, cuts: Collection[int], counted: Counted) -> None:
        """Copy what has not been copied of a partition, up to the end the survey saw.

        `cuts`: offsets of which `landed` is to say where they lie in the copy.

        Raises:
            WidenRefused: another widening has begun meanwhile, or the broker refused.
        """
        origin = TopicPartition(self._old.topics.prefix + source.topic, source.number)
        at = self.reached(source)
        landing = _Landing.read(self._known.get(self._place(source.topic, source.number)))
        self._consumer.assign([origin])
        self._consumer.seek(origin, at)
        going = route(source, self._old, self._new)
        marks = {*source.marks.values(), *cuts}
        while at < source.end:
            found = await self._consumer.getmany(origin, timeout_ms=_POLL_MS, max_records=MOST)
            upto = min(source.end, await self._consumer.position(origin))
            for piece, reached in pieces(found.get(origin, ()), at, upto, marks):
                await self._carry(source, going, piece, reached, landing, cuts)
                counted(len(piece))
            at = max(at, upto)
        self.landed |= landing.marks

    async def note(self, places: Mapping[str, Mapping[TopicPartition, Any]], rows: Iterable[Row] = ()) -> None:
        """Commit places of groups, and rows of the changelog with them, in one transaction."""
        await self._transaction(rows, lambda ends: places)

    async def _carry(
        self,
        source: Source,
        going: Route,
        piece: Sequence[Any],
        reached: int,
        landing: _Landing,
        cuts: Collection[int],
    ) -> None:
        if not piece and reached < source.end and reached not in cuts:
            return

        def places(ends: Mapping[int, int]) -> dict[str, dict[TopicPartition, Any]]:
            landing.passed(ends.get(0), reached if reached in cuts else None)
            said = landing.said() if source.topic in WHOLE else ""
            noted: dict[str, dict[TopicPartition, Any]] = {
                self._group: {self._place(source.topic, source.number): (reached, said)}
            }
            if ends:
                moved = {self._place(source.topic, number): (end, "") for number, end in ends.items()}
                noted |= {group: moved for group, mark in source.marks.items() if mark >= reached}
            return noted

        rows = [
            (source.topic, number, record.key, value, record.timestamp, record.headers)
            for record in piece
            for number, value in going(record)
        ]
        await self._transaction(rows, places)

    async def _transaction(
        self, rows: Iterable[Row], places: Callable[[Mapping[int, int]], Mapping[str, Mapping[TopicPartition, Any]]]
    ) -> None:
        producer = self._producer
        try:
            async with producer.transaction():
                ends = await self._send(rows)
                for group, offsets in places(ends).items():
                    await producer.send_offsets_to_transaction(dict(offsets), group)
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


class _Landing:
    """Where the marks of a topic of one partition lie in its copy; kept beside the progress, to survive a kill."""

    def __init__(self, end: int, marks: dict[int, int]) -> None:
        self._end, self.marks = end, marks

    @classmethod
    def read(cls, known: Any) -> _Landing:
        if known is None or not known.metadata:
            return cls(0, {})
        end, marks = json.decode(known.metadata, type=tuple[int, dict[int, int]])
        return cls(end, marks)

    def passed(self, end: int | None, mark: int | None) -> None:
        self._end = self._end if end is None else end
        if mark is not None:
            self.marks[mark] = self._end

    def said(self) -> str:
        return json.encode((self._end, self.marks)).decode()
