"""The whole of a widening. Each step may be done again; nothing of the old layout is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from aiokafka.structs import TopicPartition
from msgspec.structs import replace

from stream.broker import admin
from stream.broker.layout import wanted
from stream.broker.progress import Progress, silent
from stream.config import Settings
from stream.engine.store import meta
from stream.ops.changelog import last_said
from stream.ops.group import require_stopped
from stream.ops.widen.clients import Offsets, offsets, place, reader, writer
from stream.ops.widen.copying import Copier, Row, progress_group
from stream.ops.widen.family import KEYED, STATES, WHOLE, Family
from stream.ops.widen.layout import WidenRefused, while_copying
from stream.ops.widen.survey import ORDER, Source, Survey, settled, shard_name, survey
from stream.ops.widen.verify import Verifier
from stream.topics import STAFF

_BEGUN, _DONE = "control", "workers"  # under whose new names it is noted: nothing else is, of these topics
_WENT_ON = (
    "workers, or a --reader, went on with the old layout since this was begun, or it was begun otherwise: "
    "begin anew under another --prefix, and delete the topics under this one"
)


@dataclass(frozen=True, slots=True)
class Line:
    """Of one topic: its records in the old layout at most, those that the engine's group has still to take, and what
    the copy holds (`None`: not made yet)."""

    topic: str
    records: int
    waiting: int | None
    copied: int | None = None


async def plan(old: Settings, new: Settings, readers: Collection[str] = ()) -> list[Line]:
    """Return what would be copied. Changes nothing.

    Raises:
        WidenRefused, GroupRuns: it could not be done as things stand.
    """
    await _require_stopped(old, readers)
    await _require_layout(old)
    found = await survey(old, readers)
    known = await offsets(old, progress_group(old))
    await _require_free(new, known, found)
    return _lines(old, found, {})


async def widen(old: Settings, new: Settings, readers: Collection[str] = (), progress: Progress = silent) -> list[Line]:
    """Copy, compare, and make the new layout one that workers start on.

    Run again after a kill it goes on where it was; run again before a worker has started on the new layout it carries
    over what producers have written to the old inputs since.

    Raises:
        WidenRefused, GroupRuns: it cannot be done as things stand; the message says what to do.
    """
    await _require_stopped(old, readers)
    await _require_layout(old)
    async with writer(old, progress_group(old)) as producer:
        progress("ending what is open")
        for number in range(old.topics.partitions):  # a worker that was only frozen must not go on writing
            async with writer(old, f"{old.engine.group}-{number}"):
                pass
        await settled(old)
        found = await survey(old, readers)
        known = await offsets(old, progress_group(old))
        await _require_free(new, known, found)
        await admin.shape(new, while_copying(new))
        async with reader(old) as consumer:
            copier = Copier(producer, consumer, old, new, known)
            if _mark(new, _BEGUN) not in known:
                await copier.note(_mark(new, _BEGUN), 0, found.fingerprint(new.topics.partitions))
            await _copy(copier, found, progress)
            held = await _verify(Verifier(consumer, old, new), found, progress)
            await _require_still(old, new, readers, found)
            if _mark(new, _DONE) not in known:
                await copier.note(_mark(new, _DONE), 0, "", _clocks(old, new, found, copier))
        for group in (old.engine.group, *readers):
            await place(new, group, _group_places(group, old, new, found, copier))
        await admin.shape(new, wanted(new))
    return _lines(old, found, held)


async def _require_stopped(old: Settings, readers: Collection[str]) -> None:
    for name in (old.engine.group, *readers):
        engine = old.engine.model_copy(update={"group": name})
        await require_stopped(old.model_copy(update={"engine": engine}), "every one of them")


async def _require_layout(old: Settings) -> None:
    there, count = await admin.found(old), old.topics.partitions
    for want in wanted(old):
        if want.name not in there:
            raise WidenRefused(f"topic {want.name} is not there: are topics.prefix and kafka.bootstrap right?")
        if there[want.name].partitions != want.partitions:
            raise WidenRefused(
                f"topic {want.name} has {there[want.name].partitions} partitions, topics.partitions is {count}"
            )


async def _require_free(new: Settings, known: Offsets, found: Survey) -> None:
    """Refuse a layout that is not ours to write to, or no longer."""
    there = await admin.found(new)
    begun = known.get(_mark(new, _BEGUN))
    counts = {want.name: want.partitions for want in wanted(new)}
    wrong = sorted(name for name, one in there.items() if one.partitions != counts[name])
    if wrong:
        raise WidenRefused(f"topics of another layout are there under this prefix: {', '.join(wrong)}; choose another")
    if begun is None:
        if there and await _records(new):
            raise WidenRefused(f"--prefix {new.topics.prefix!r} is in use: its topics hold records; choose another")
        return
    if begun.metadata != found.fingerprint(new.topics.partitions):
        raise WidenRefused(_WENT_ON)
    if _mark(new, _DONE) in known and await _worked_on(new, found):
        raise WidenRefused(f"workers have run on --prefix {new.topics.prefix!r}: it is in use, nothing is copied")


async def _require_still(old: Settings, new: Settings, readers: Collection[str], found: Survey) -> None:
    """Refuse where somebody has begun to work on the old layout while it was copied."""
    await _require_stopped(old, readers)
    count = new.topics.partitions
    if (await survey(old, readers)).fingerprint(count) != found.fingerprint(count):
        raise WidenRefused(_WENT_ON)


async def _records(new: Settings) -> int:
    there = {name: one.partitions for name, one in (await admin.found(new)).items()}
    places = [TopicPartition(name, number) for name, count in there.items() for number in range(count)]
    async with reader(new) as consumer:
        return sum((await consumer.end_offsets(places)).values())


async def _worked_on(new: Settings, found: Survey) -> bool:
    """Tell whether a shard of the new layout has had a batch: it would have written its clock anew."""
    async with reader(new) as consumer:
        for number in range(new.topics.partitions):
            place = TopicPartition(new.topics.prefix + STATES, number)
            first = (await consumer.beginning_offsets([place]))[place]
            end = (await consumer.end_offsets([place]))[place]
            said = await last_said(consumer, place, first, end)
            parent = found.metas.get(number % len(found.of(STATES)))
            if (said is None) != (parent is None):
                return True
            if said is not None and set(said.positions) - {STAFF}:
                return True  # a batch writes down its places in all topics, `_clocks` only the one in the staff's news
    return False


def _group_places(group: str, old: Settings, new: Settings, found: Survey, copier: Copier) -> dict[TopicPartition, int]:
    """Return where a group goes on in the new layout."""
    places: dict[TopicPartition, int] = {}
    for source in found.sources:
        if group not in source.marks:
            continue
        landing = copier.landed[source.topic, source.number]
        family = Family(source.number, old.topics.partitions, new.topics.partitions)
        for number in [0] if source.topic in WHOLE else family.children:
            at = landing.place(source.marks[group], number)
            places[TopicPartition(new.topics.prefix + source.topic, number)] = at
    return places


async def _copy(copier: Copier, found: Survey, progress: Progress) -> None:
    total = sum(max(0, source.end - copier.reached(source)) for source in found.sources)
    done = 0

    def counted(count: int) -> None:
        nonlocal done
        done += count
        progress("copying", done, total)

    for source in found.sources:
        await copier.copy(source, counted)


async def _verify(verifier: Verifier, found: Survey, progress: Progress) -> Counter[str]:
    held: Counter[str] = Counter()
    for done, source in enumerate(found.sources):
        progress("comparing", done, len(found.sources))
        held[source.topic] += await verifier.compare(source)
    return held


def _clocks(old: Settings, new: Settings, found: Survey, copier: Copier) -> list[Row]:
    """Return each new shard's own row: its parent's clock, and its place in the staff's news. The places in its other
    topics are the group's."""
    (news,) = found.of(STAFF)
    rows: list[Row] = []
    for number in range(new.topics.partitions):
        parent = number % old.topics.partitions
        if parent in found.metas:
            at = copier.landed[STAFF, 0].place(news.marks[shard_name(parent)], 0)
            clock = replace(found.metas[parent], positions={STAFF: at}, group=old.engine.group)
            rows.append((STATES, number, meta.KEY, clock.encode(), None, ()))
    return rows


def _mark(new: Settings, topic: str) -> TopicPartition:
    return TopicPartition(new.topics.prefix + topic, 0)


def _lines(old: Settings, found: Survey, held: Counter[str] | dict[str, int]) -> list[Line]:
    lines = []
    for topic in ORDER:
        sources: Sequence[Source] = found.of(topic)
        group = old.engine.group
        waiting = sum(s.end - s.marks.get(group, s.first) for s in sources) if topic in KEYED else None
        lines.append(Line(topic, sum(s.end - s.first for s in sources), waiting, held.get(topic)))
    return lines
