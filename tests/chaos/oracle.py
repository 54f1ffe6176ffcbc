"""What must have come of the traffic, and what came of it on Kafka: the comparison of design section 3, "Settled"."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from models.features import group as of_groups
from models.features.sets import NAMES
from models.snapshot import Snapshot
from stream.broker.clients import client_options
from stream.config import Settings
from stream.domain import departures, groups
from stream.domain.state import decode
from stream.engine.log.jsonl import Record
from stream.engine.replay import Replay
from stream.engine.store.rocks import GROUP, STATE, Store, StoreDamaged
from stream.topics import FEEDS

HOPPED = "group_contagion"
_OF_GROUPS = [NAMES.index(feature.name) for feature in of_groups.FEATURES]
_LETTER = ("dl_topic", "dl_partition", "dl_offset", "dl_reason", "dl_path")


@dataclass
class Outcome:
    """What a run left behind, without what may differ between two runs.

    `states` are those of customers and, under keys that begin with `g/`, of groups. `told` are the warnings that came
    through a group hop, whose moment depends on how far other shards were, as (member, kind, cause). `order`: of the
    other alerts' ids, by customer.
    """

    states: dict[bytes, Any] = field(default_factory=dict)
    alerts: Counter[bytes] = field(default_factory=Counter)
    told: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    letters: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    ids: Counter[str] = field(default_factory=Counter)
    order: dict[str, list[str]] = field(default_factory=dict)
    examples: Counter[bytes] = field(default_factory=Counter)
    sent: int = 0

    def keep(self, key: bytes, stored: bytes) -> None:
        """Take a record of the changelog, or what would be one."""
        if key.startswith(STATE):
            self.states[key[len(STATE) :]] = _customer(stored)
        elif key.startswith(GROUP):
            self.states[key] = _group(stored)

    def warn(self, value: bytes) -> None:
        """Take an alert."""
        alert = orjson.loads(value)
        self.ids[alert["alert_id"]] += 1
        if alert["kind"] != HOPPED:
            self.alerts[_body(value)] += 1
            self.order.setdefault(alert["customer_id"], []).append(alert["alert_id"])
        elif alert["state"] == "opened":
            self.told[alert["customer_id"], alert["kind"], alert["causes"][0]] += 1


def expected(settings: Settings, lines: Sequence[Record], snapshot: Snapshot | None = None) -> Outcome:
    """Return what the same shards make of `lines` over the memory log, scoring by `snapshot`."""
    replay = Replay(settings, snapshot=snapshot)
    replay.load(lines)
    done = replay.run()
    assert done.results.total() == done.sent == len(lines), done.results
    outcome = Outcome(letters=Counter(map(_letter, done.dead_letters)), sent=len(lines))
    for prefix, states in ((STATE, done.states), (GROUP, done.groups)):
        for key, stored in states.items():
            outcome.keep(prefix + key, stored)
    for record in done.alerts:
        outcome.warn(record.value or b"")
    outcome.examples = Counter(map(_example, done.examples))
    return outcome


async def found(settings: Settings) -> Outcome:
    """Return what a reader of committed records finds on Kafka."""
    outcome = Outcome(sent=sum((await positions(settings)).values()))
    latest = {record.key: record.value for record in await read(settings, "state-changelog")}
    for key, stored in latest.items():
        if stored is not None:
            outcome.keep(key, stored)
    for record in await read(settings, "alerts"):
        outcome.warn(record.value)
    outcome.letters = Counter(map(_letter, await read(settings, "dead-letters")))
    outcome.examples = Counter(map(_example, await read(settings, "examples")))
    return outcome


def difference(want: Outcome, have: Outcome) -> str:
    """Describe how two outcomes differ, briefly; empty when they do not."""
    wrong = [key for key in want.states.keys() | have.states.keys() if want.states.get(key) != have.states.get(key)]
    counts = {
        "records taken, less than sent": want.sent - have.sent,
        "states wrong": len(wrong),
        "alerts missing": (want.alerts - have.alerts).total(),
        "alerts too many": (have.alerts - want.alerts).total(),
        "alert ids doubled": sum(count > max(1, want.ids[id_]) for id_, count in have.ids.items()),
        "warnings of a group missing": (want.told - have.told).total(),
        "warnings of a group too many": (have.told - want.told).total(),
        "examples missing": (want.examples - have.examples).total(),
        "examples too many": (have.examples - want.examples).total(),
        "dead letters missing": (want.letters - have.letters).total(),
        "dead letters too many": (have.letters - want.letters).total(),
    }
    text = ", ".join(f"{what}: {count}" for what, count in counts.items() if count)
    return (
        f"{text} (of {len(want.states)} states, {want.alerts.total()} alerts, {want.examples.total()} examples)"
        if text
        else ""
    )


async def read(settings: Settings, topic: str) -> list[Any]:
    """Return every committed record of a topic, by partition and offset."""
    name = settings.topics.prefix + topic
    async with _consumer(settings) as consumer:
        partitions = [TopicPartition(name, number) for number in range(settings.topics.partitions)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        records: list[Any] = []
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                records.extend(batch)
    return sorted(records, key=lambda record: (record.partition, record.offset))


async def ends(settings: Settings) -> dict[TopicPartition, int]:
    """Return where the topics end that are fed from outside."""
    async with _consumer(settings) as consumer:
        names = [settings.topics.prefix + topic for topic in FEEDS]
        places = [TopicPartition(name, number) for name in names for number in range(settings.topics.partitions)]
        found: dict[TopicPartition, int] = await consumer.end_offsets(places)
        return found


async def positions(settings: Settings) -> dict[TopicPartition, int]:
    """Return the group's committed offsets of the topics that are fed from outside: transactions leave gaps."""
    return _fed(settings, await committed(settings))


async def committed(settings: Settings) -> dict[TopicPartition, int]:
    """Return every committed offset of the group."""
    async with _admin(settings) as admin:
        return await _offsets(settings, admin)


async def taken(settings: Settings, topic: str) -> int:
    """Return how many committed records of a topic the group has taken: transactions leave gaps in its offsets."""
    records, places = await read(settings, topic), await committed(settings)
    return sum(record.offset < places.get(TopicPartition(record.topic, record.partition), 0) for record in records)


async def until_taken(settings: Settings, records: int, within_s: float) -> None:
    """Return when the group has taken `records` input records; the input is not transactional, so it can be counted.

    Raises:
        AssertionError: it has not in time.
    """
    deadline = time.monotonic() + within_s
    async with _admin(settings) as admin:  # one for all questions: its start costs more than they do
        taken = 0
        while taken < records:
            with contextlib.suppress(KafkaError):  # a broker that is away, or has just come back
                taken = sum(_fed(settings, await _offsets(settings, admin)).values())
            assert taken >= records or time.monotonic() < deadline, (
                f"{taken} of {records} records taken within {within_s} s"
            )
            await asyncio.sleep(0.05)


def _fed(settings: Settings, offsets: dict[TopicPartition, int]) -> dict[TopicPartition, int]:
    feeds = {settings.topics.prefix + topic for topic in FEEDS}
    return {partition: offset for partition, offset in offsets.items() if partition.topic in feeds}


async def _offsets(settings: Settings, admin: AIOKafkaAdminClient) -> dict[TopicPartition, int]:
    found = await admin.list_consumer_group_offsets(settings.engine.group)
    return {partition: entry.offset for partition, entry in found.items()}


async def assert_stores_never_lead(settings: Settings) -> None:
    """Compare every local store, of whichever worker, with the changelog up to the offset at which it says it stands.

    Call it when no worker runs. One that is damaged is passed over: whoever opens it next makes it anew.
    """
    log = await read(settings, "state-changelog")
    for folder in sorted(settings.engine.state_dir.glob("*/shard-*")):
        shard = int(folder.name.removeprefix("shard-"))
        records = [record for record in log if record.partition == shard]
        with contextlib.suppress(StoreDamaged):
            for problem in _store_faults(folder, records):
                raise AssertionError(f"{folder}: {problem}")


def _store_faults(folder: Path, records: list[Any]) -> Iterator[str]:
    store = Store(folder)
    try:
        stands = store.offset
        if stands is None:
            return
        if records and stands > records[-1].offset + 2:  # the commit's marker comes after the last record
            yield f"stands at {stands}, beyond the changelog's end {records[-1].offset}"
        states: dict[bytes, bytes] = {}
        for record in records:
            if record.offset < stands and record.key.startswith(STATE):
                states[record.key[len(STATE) :]] = record.value
        if states != dict(store.states()):
            yield "its states are not those of the changelog up to where it stands"
    finally:
        store.close()


@contextlib.asynccontextmanager
async def _admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**client_options(settings.kafka))
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


@contextlib.asynccontextmanager
async def _consumer(settings: Settings) -> Any:
    consumer = AIOKafkaConsumer(
        **client_options(settings.kafka), isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


def _customer(stored: bytes) -> Any:
    """A member of a group hears of the others at a moment of its own: what was seen when is then left out."""
    state = decode(stored)
    if not departures.groups_of(state):
        return stored
    return _fields(state)


def _group(stored: bytes) -> Any:
    return _fields(groups.decode(stored))


def _fields(state: Any) -> dict[str, Any]:
    """Return a state's fields but for `seen`; the order in which a dictionary was filled says nothing."""
    return {name: msgspec.to_builtins(value) for name, value in msgspec.structs.asdict(state).items() if name != "seen"}


def _body(value: bytes | None) -> bytes:
    body = orjson.loads(value or b"{}")
    body.pop("detected_at", None)
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def _example(record: Any) -> bytes:
    """What a group had to tell by the cut-off depends, as its warnings do, on how far other shards were."""
    body = orjson.loads(record.value)
    for place in _OF_GROUPS:
        body["features"][place] = None
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def _letter(record: Any) -> tuple[Any, ...]:
    headers = dict(record.headers)
    return (record.key, record.value, *(headers.get(name) for name in _LETTER))  # a timer's has no offset
