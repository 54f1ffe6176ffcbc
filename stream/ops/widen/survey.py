"""What there is to copy, and where everybody stands in it. Reads only."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from aiokafka.structs import TopicPartition
from msgspec import json

from stream.config import Settings
from stream.engine.store.meta import ShardMeta
from stream.ops.changelog import last_said
from stream.ops.widen.clients import offsets, reader
from stream.ops.widen.family import KEYED, OUTGOING, STATES, WHOLE
from stream.ops.widen.layout import WidenRefused
from stream.topics import STAFF

ORDER: tuple[str, ...] = (STATES, *WHOLE, *KEYED, *OUTGOING)
"""In which topics are copied: what may be refused comes first, what still grows last."""

_WAIT_S = 70.0  # longer than a transaction may be open


@dataclass(frozen=True, slots=True)
class Source:
    """One partition of the old layout: its first offset and the end, and by group the next offset each would read."""

    topic: str
    number: int
    first: int
    end: int
    marks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Survey:
    """Every partition in the order of copying, and each shard's meta; a shard that never had anything has none."""

    sources: Sequence[Source]
    metas: Mapping[int, ShardMeta]

    def of(self, topic: str) -> list[Source]:
        """Return a topic's partitions."""
        return [source for source in self.sources if source.topic == topic]

    def fingerprint(self, after: int) -> str:
        """Return what must be the same when it goes on later: else somebody has worked on the old layout meanwhile."""
        stand = [[s.topic, s.number, dict(sorted(s.marks.items()))] for s in self.sources]
        logs = [source.end for source in self.of(STATES)]
        return blake2b(json.encode([after, stand, logs], order="sorted"), digest_size=16).hexdigest()


async def survey(settings: Settings, readers: Collection[str]) -> Survey:
    """Look at the old layout. `readers`: groups besides the engine's whose places are to go over.

    Raises:
        WidenRefused: records were lost, the changelog is another group's, or a reader has read nothing of these topics.
    """
    own = settings.engine.group
    stand = {group: await offsets(settings, group) for group in (own, *readers)}
    async with reader(settings) as consumer:
        places = _places(settings)
        first, end = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        prefix = settings.topics.prefix
        logs = [place for place in places if place.topic == prefix + STATES]
        metas = {place.partition: await last_said(consumer, place, first[place], end[place]) for place in logs}
    known = {number: found for number, found in metas.items() if found is not None}
    sources = []
    for place in places:
        marks = {group: found[place].offset for group, found in stand.items() if place in found}
        topic = place.topic[len(prefix) :]
        if topic in KEYED and place.partition in known:  # written with the states: the group's may lag behind
            marks[own] = max(marks.get(own, 0), known[place.partition].positions.get(topic, 0))
        if topic == STAFF:  # read by every shard, and of no group
            marks |= {shard_name(number): one.positions.get(STAFF, 0) for number, one in known.items()}
        sources.append(Source(topic, place.partition, first[place], end[place], marks))
    _refuse(own, readers, sources, known.values())
    return Survey(sources, known)


async def settled(settings: Settings) -> None:
    """Return when no transaction is open on any topic to be copied.

    Raises:
        WidenRefused: one stays open.
    """
    deadline = asyncio.get_running_loop().time() + _WAIT_S
    places = _places(settings)
    async with reader(settings) as committed, reader(settings, "read_uncommitted") as plain:
        while True:
            high, stable = await plain.end_offsets(places), await committed.end_offsets(places)
            if not (open_ones := sorted({place.topic for place in places if stable[place] < high[place]})):
                return
            if asyncio.get_running_loop().time() > deadline:
                raise WidenRefused(f"a transaction stays open on {', '.join(open_ones)}: who writes there?")
            await asyncio.sleep(0.1)  # the broker offers no event for it


def shard_name(number: int) -> str:
    """Return under what a shard's own place in the staff's news stands among the marks; no group can be called so."""
    return f"/shard/{number}"


def _places(settings: Settings) -> list[TopicPartition]:
    prefix, count = settings.topics.prefix, settings.topics.partitions
    return [TopicPartition(prefix + topic, n) for topic in ORDER for n in range(1 if topic in WHOLE else count)]


def _refuse(own: str, readers: Iterable[str], sources: Sequence[Source], metas: Iterable[ShardMeta]) -> None:
    foreign = sorted({known.group for known in metas} - {"", own})
    if foreign:
        raise WidenRefused(f"the changelog is that of group {', '.join(foreign)}, not of {own}: engine.group")
    lost = sorted({s.topic for s in sources if s.topic in KEYED and s.marks.get(own, s.first) < s.first})
    if lost:
        raise WidenRefused(f"records of {', '.join(lost)} were deleted unread: churnwatch group skip-lost first")
    for name in readers:
        if not any(name in source.marks for source in sources):
            raise WidenRefused(f"--reader {name}: this group has no place in any of these topics: is its name right?")
