"""Holds the copy against what it was made from, once more from the beginning. See `compare`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from aiokafka.structs import TopicPartition

from stream.config import Settings
from stream.ops.widen.copying import Route, route
from stream.ops.widen.family import CLOCK, STATES, WHOLE, Family, owner
from stream.ops.widen.layout import WidenRefused
from stream.ops.widen.survey import Source
from stream.topics import BY_NAME

_POLL_MS = 200
_PART = 16


@dataclass
class Seen:
    """One partition's records. Of a topic that deletes: how many, and a digest over all in their order. Of one that
    compacts, which may leave out what was superseded: a digest of the latest value of each key."""

    compacts: bool
    skip: int = 0  # leave out so many at the beginning: the other side no longer has them
    count: int = 0
    latest: dict[bytes, bytes] = field(default_factory=dict)
    _order: Any = field(default_factory=lambda: blake2b(digest_size=_PART))

    def take(self, key: bytes | None, value: bytes | None, record: Any) -> None:
        """Take a record that has this value here."""
        self.count += 1
        if not self.compacts:
            if self.count > self.skip:
                self._order.update(_digest(key, value, record))
        elif value is None:
            self.latest.pop(_short(key), None)
        else:
            self.latest[_short(key)] = _digest(key, value, record)

    @property
    def digest(self) -> object:
        """What is the same where the records are."""
        return self.latest if self.compacts else self._order.digest()


class Verifier:
    """Reads both layouts with one consumer."""

    def __init__(self, consumer: Any, old: Settings, new: Settings) -> None:
        self._consumer = consumer
        self._old, self._new = old, new

    async def compare(self, source: Source) -> int:
        """Compare a partition with its children and return how many records these hold.

        Raises:
            WidenRefused: they differ, or a customer's state is where no record of theirs will come.
        """
        compacts = BY_NAME[source.topic].cleanup == "compact"
        going = route(source, self._old, self._new)
        wanted, began = await self._wanted(source, going, compacts)
        held = 0
        for number in self._children(source):
            place = TopicPartition(self._new.topics.prefix + source.topic, number)
            have, first = await self._have(source, place, Seen(compacts))
            want = wanted.get(number, Seen(compacts))
            held += have.count
            if not compacts and have.count > want.count and began > 0:  # the old topic has aged meanwhile
                have, _ = await self._have(source, place, Seen(compacts, skip=have.count - want.count))
            elif not compacts and want.count > have.count and first > 0:  # or the new one, when this is run again
                want = (await self._wanted(source, going, compacts, want.count - have.count, number))[0][number]
            if want.digest != have.digest:
                raise WidenRefused(
                    f"{place.topic} partition {number} is not what partition {source.number} of "
                    f"{self._old.topics.prefix}{source.topic} says: {have.count} records, {want.count} wanted. "
                    "Nothing was switched over; begin anew under another --prefix, and report this"
                )
        return held

    async def _wanted(
        self, source: Source, going: Route, compacts: bool, skip: int = 0, only: int | None = None
    ) -> tuple[dict[int, Seen], int]:
        place = TopicPartition(self._old.topics.prefix + source.topic, source.number)
        first = (await self._consumer.beginning_offsets([place]))[place]
        seen: dict[int, Seen] = {}
        async for record in self._records(place, first, source.end):
            for number, value in going(record):
                if only is None or number == only:
                    seen.setdefault(number, Seen(compacts, skip)).take(record.key, value, record)
        return seen, first

    async def _have(self, source: Source, place: TopicPartition, seen: Seen) -> tuple[Seen, int]:
        first = (await self._consumer.beginning_offsets([place]))[place]
        end = (await self._consumer.end_offsets([place]))[place]
        family = Family(place.partition, self._new.topics.partitions, self._new.topics.partitions)
        async for record in self._records(place, first, end):
            key = record.key or b""
            whose = owner(key) if source.topic == STATES else None
            if whose is not None and not family.owns(whose):
                raise WidenRefused(_misplaced(place, source))
            if source.topic == STATES and key == CLOCK:
                continue
            seen.take(record.key, record.value, record)
        return seen, first

    async def _records(self, place: TopicPartition, first: int, end: int) -> AsyncIterator[Any]:
        if first >= end:
            return
        self._consumer.assign([place])
        self._consumer.seek(place, first)
        while await self._consumer.position(place) < end:
            for record in (await self._consumer.getmany(place, timeout_ms=_POLL_MS)).get(place, ()):
                if record.offset < end:
                    yield record

    def _children(self, source: Source) -> list[int]:
        if source.topic in WHOLE:
            return [0]
        return [*Family(source.number, self._old.topics.partitions, self._new.topics.partitions).children]


def _misplaced(place: TopicPartition, source: Source) -> str:
    return (
        f"{place.topic}: partition {source.number} of the old layout holds states of customers who are not its by "
        "Kafka's own partitioner (murmur2 of the key): a producer uses another one, and in a wider layout its records "
        "would part from their states. Set its partitioner to murmur2, read again from earliest, then widen"
    )


def _short(key: bytes | None) -> bytes:
    return blake2b(key or b"", digest_size=_PART).digest()


def _digest(key: bytes | None, value: bytes | None, record: Any) -> bytes:
    """Of all that makes a record; lengths stand before what they are of."""
    parts = [key, value, str(record.timestamp).encode()]
    parts += [part for name, text in record.headers for part in (name.encode(), text)]
    digest = blake2b(digest_size=_PART)
    for part in parts:
        digest.update(b"-" if part is None else len(part).to_bytes(8, "big") + part)
    return digest.digest()
