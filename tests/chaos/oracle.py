"""What must have come of the traffic, and what came of it on Kafka: the comparison of design section 3, "Settled"."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from stream.config import Settings
from stream.engine.clients import client_options
from stream.engine.jsonl import Record
from stream.engine.replay import Replay
from stream.engine.store import STATE, Store
from stream.topics import FEEDS

_LETTER = ("dl_topic", "dl_partition", "dl_offset", "dl_reason", "dl_path")


@dataclass
class Outcome:
    """What a run left behind, without what may differ between two runs."""

    states: dict[bytes, bytes] = field(default_factory=dict)
    alerts: Counter[bytes] = field(default_factory=Counter)
    letters: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    sent: int = 0


def expected(settings: Settings, lines: Sequence[Record]) -> Outcome:
    """Return what the same shards make of `lines` over the memory log."""
    replay = Replay(settings)
    replay.load(lines)
    done = replay.run()
    assert done.results.total() == done.sent == len(lines), done.results
    alerts = Counter(_body(record.value) for record in done.alerts)
    return Outcome(done.states, alerts, Counter(map(_letter, done.dead_letters)), len(lines))


async def found(settings: Settings) -> Outcome:
    """Return what a reader of committed records finds on Kafka."""
    outcome = Outcome(sent=sum((await positions(settings)).values()))
    for record in await read(settings, "state-changelog"):
        if record.key.startswith(STATE):
            customer = record.key[len(STATE) :]
            outcome.states.pop(customer, None)
            if record.value is not None:
                outcome.states[customer] = record.value
    outcome.alerts = Counter(_body(record.value) for record in await read(settings, "alerts"))
    outcome.letters = Counter(map(_letter, await read(settings, "dead-letters")))
    return outcome


def difference(want: Outcome, have: Outcome) -> str:
    """Describe how two outcomes differ, briefly; empty when they do not."""
    wrong = [key for key in want.states.keys() | have.states.keys() if want.states.get(key) != have.states.get(key)]
    ids = Counter(orjson.loads(body)["alert_id"] for body in have.alerts.elements())
    counts = {
        "records taken, less than sent": want.sent - have.sent,
        "states wrong": len(wrong),
        "alerts missing": (want.alerts - have.alerts).total(),
        "alerts too many": (have.alerts - want.alerts).total(),
        "alert ids doubled": sum(count > 1 for count in ids.values()),
        "dead letters missing": (want.letters - have.letters).total(),
        "dead letters too many": (have.letters - want.letters).total(),
    }
    text = ", ".join(f"{what}: {count}" for what, count in counts.items() if count)
    return f"{text} (of {len(want.states)} states, {want.alerts.total()} alerts)" if text else ""


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


async def positions(settings: Settings) -> dict[TopicPartition, int]:
    """Return the group's committed offsets of the topics that are fed from outside: transactions leave gaps."""
    feeds = {settings.topics.prefix + topic for topic in FEEDS}
    return {partition: offset for partition, offset in (await committed(settings)).items() if partition.topic in feeds}


async def committed(settings: Settings) -> dict[TopicPartition, int]:
    """Return every committed offset of the group."""
    admin = AIOKafkaAdminClient(**client_options(settings.kafka))
    await admin.start()
    try:
        found = await admin.list_consumer_group_offsets(settings.engine.group)
        return {partition: entry.offset for partition, entry in found.items()}
    finally:
        await admin.close()


async def until_taken(settings: Settings, records: int, within_s: float) -> None:
    """Return when the group has taken `records` input records; the input is not transactional, so it can be counted.

    Raises:
        AssertionError: it has not in time.
    """
    deadline = time.monotonic() + within_s
    while (taken := sum((await positions(settings)).values())) < records:
        assert time.monotonic() < deadline, f"{taken} of {records} records taken within {within_s} s"
        await asyncio.sleep(0.05)


async def assert_stores_never_lead(settings: Settings) -> None:
    """Compare every local store, of whichever worker, with the changelog up to the offset at which it says it stands.

    Call it when no worker runs.
    """
    log = await read(settings, "state-changelog")
    for folder in sorted(settings.engine.state_dir.glob("*/shard-*")):
        shard = int(folder.name.removeprefix("shard-"))
        records = [record for record in log if record.partition == shard]
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


@asynccontextmanager
async def _consumer(settings: Settings) -> Any:
    consumer = AIOKafkaConsumer(
        **client_options(settings.kafka), isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


def _body(value: bytes | None) -> bytes:
    body = orjson.loads(value or b"{}")
    body.pop("detected_at", None)
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def _letter(record: Any) -> tuple[Any, ...]:
    headers = dict(record.headers)
    return (record.key, record.value, *(headers[name] for name in _LETTER))
