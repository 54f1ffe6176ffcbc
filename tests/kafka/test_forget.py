"""A live run with a marked customer: nothing personal in logs and metrics; and once forgotten, nothing anywhere.

Worker, desk and trainer run; then every topic and every file is read.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from support.desk_process import DeskProcess, opened, rows
from support.http_fuzz import attack
from support.processes import WorkerProcess, all_shards_run, eventually
from yarl import URL

from stream.broker.clients import client_options
from stream.broker.layout import wanted
from stream.config import Settings
from stream.desk.store.base import Base
from stream.desk.store.tables import Alert, CustomerEvent, Profile
from stream.engine.log.jsonl import Record
from stream.engine.log.marks import ARRIVED, digest
from stream.engine.log.partition import partition_for
from stream.engine.worker.directory import token
from stream.engine.worker.first_start import tombstones
from stream.produce import produce
from stream.topics import BY_NAME, TABLE

pytestmark = pytest.mark.kafka

WHO, NAME, PHONE, ENDS = "cust-marked-7351", "Zacharias Markwood", "+8613955512345", "13800055577"
STREET = "Wertheimstrasse"
PERSONAL = (WHO, NAME, PHONE, ENDS, STREET)
GROUP = "household-9"
PORTS = ["/metrics", "/healthz", "/readyz", "/state/{customer}", "/why/{customer}", f"/state/{WHO}", f"/why/{WHO}"]


def now() -> int:
    return time.time_ns() // 1_000_000


def line(topic: str, customer: str, **fields: Any) -> Record:
    event = {"event_id": f"{topic}-{len(str(fields))}-{now()}", "customer_id": customer, "time": now(), **fields}
    return Record(1, topic, customer.encode(), now(), orjson.dumps(event))


def life() -> list[Record]:
    """A life that leaves traces wherever it can: state, timers, group, alerts, dead letters, the desk's rows."""
    forwarding = {"state": "unconditional", "target_network": "rival", "target_number": ENDS}
    profile = {"tier": "gold", "rm_id": "rm-1", "branch_id": "b-1", "household_id": GROUP}
    bad = orjson.dumps({"event_id": "x", "customer_id": WHO, "time": "Wertheimstrasse 5", "amount": NAME})
    return [
        line("customers", "other", **profile),
        line("customers", WHO, **profile, name=NAME, phone=PHONE),
        line("complaints", WHO, complaint_id="k", status="opened", severity="critical", text=f"{NAME}, {STREET}"),
        line("complaints", "other", complaint_id="k", status="opened", severity="critical", text="我要起诉"),
        line("service-events", WHO, type="call_forwarding", forwarding=forwarding),
        line("contacts", WHO, staff_id="rm-1", how="call", result="reached"),
        line("balances", WHO, account_id="a", balance=NAME),
        line("balances", WHO, account_id="a", balance=5, currency="Wertheimstrasse"),
        Record(1, "transactions", WHO.encode(), now(), bad),
        Record(1, "transactions", b"someone-else", now(), orjson.dumps({"event_id": "y", "customer_id": WHO})),
    ]


async def scraped(process: WorkerProcess) -> str:
    await process.get("/healthz")
    async with aiohttp.ClientSession() as session, session.get(f"{process.url}/metrics") as answer:
        return await answer.text()


async def everything(settings: Settings, topic: str) -> list[Any]:
    """Return every record of a topic, of aborted transactions too."""
    consumer = AIOKafkaConsumer(
        **client_options(settings.kafka), isolation_level="read_uncommitted", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        count = BY_NAME[topic].partitions or settings.topics.partitions
        places = [TopicPartition(settings.topics.prefix + topic, number) for number in range(count)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        await consumer.seek_to_beginning(*places)
        found: list[Any] = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            for some in (await consumer.getmany(timeout_ms=100)).values():
                found += some
        return found
    finally:
        await consumer.stop()


def names(record: Any) -> list[str]:
    """Return what of the person is in a record."""
    parts = [record.key or b"", record.value or b"", *(value or b"" for _, value in record.headers)]
    return [word for word in PERSONAL if any(word.encode() in part for part in parts)]


def traces(folder: Path) -> dict[str, list[str]]:
    """Return by file what of the person is in it."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    found = {file: [word for word in PERSONAL if word.encode() in file.read_bytes()] for file in files}
    return {str(file.relative_to(folder)): words for file, words in found.items() if words}


async def desk_knows(folder: Path) -> dict[str, int]:
    """Return by table how many rows name the customer."""
    async with opened(folder) as database:
        found = {}
        for mapper in Base.registry.mappers:
            if "customer_id" in mapper.columns:
                count = sum(getattr(row, "customer_id", None) == WHO for row in await rows(database, mapper.class_))
                found |= {mapper.class_.__name__: count} if count else {}
        return found


@pytest.mark.timeout(240)
async def test_nothing_personal_is_logged_or_measured_and_a_forgotten_customer_is_nowhere(
    settings: Settings, tmp_path: Path
) -> None:
    config = tmp_path / "t.toml"
    config.write_text(f'[model.trainer]\nstate_dir = "{tmp_path / "trainer"}"\nexperts = ["logistic"]\n')
    worker = WorkerProcess(settings, tmp_path / "logs" / "w.log")
    desk_settings = settings.model_copy(update={"http": settings.http.model_copy(update={"port": 0})})
    desk = DeskProcess(desk_settings, tmp_path / "desk")
    trainer = WorkerProcess(settings, tmp_path / "logs" / "t.log", "trainer", "--config", str(config))
    try:
        for process in (worker, desk, trainer):
            await process.ready()
        await all_shards_run([worker])
        await lived(settings, worker, tmp_path)
        for process in (worker, desk, trainer):
            await asyncio.to_thread(
                attack, URL(process.url).port, PORTS, headers=[f"Authorization: Bearer {token(settings)}"],
                count=20, may=frozenset({503}),
            )  # fmt: skip
        for process in (worker, desk, trainer):
            page = await scraped(process)
            assert "churnwatch_" in page
            assert [word for word in PERSONAL if word in page or word in process.said] == []

        await produce(settings, [Record(1, "customers", WHO.encode(), now(), None)])
        await eventually(lambda: worker.get(f"/state/{WHO}", token(settings)), lambda found: found and found[0] == 404)
        await eventually(lambda: desk_knows(tmp_path / "desk"), lambda found: not found)
        await from_before(settings)
        await eventually(lambda: scraped(worker), lambda page: 'result="forgotten"' in page)
        assert (await worker.get(f"/state/{WHO}", token(settings)))[0] == 404
        assert (await worker.get("/state/other", token(settings)))[0] == 200
        assert await desk_knows(tmp_path / "desk") == {}
        for process in (worker, desk, trainer):
            assert [word for word in PERSONAL if word in process.said] == []
            assert await process.stop() == 0, process.tail()
    finally:
        for process in (worker, desk, trainer):
            await process.kill()
    assert (tmp_path / "desk" / "desk.db").stat().st_size > 0
    assert any((settings.engine.state_dir).rglob("*.sst"))
    reopened = WorkerProcess(settings, tmp_path / "logs" / "again.log")  # RocksDB writes its list of files anew
    async with reopened:
        await all_shards_run([reopened])
        await reopened.stop()
    assert traces(tmp_path) == {}
    await every_topic(settings)


async def test_a_group_that_begins_anew_learns_who_was_forgotten_before(settings: Settings) -> None:
    gone, back = Record(2, "customers", WHO.encode(), 0, None), line("customers", WHO, tier="gold")
    await produce(settings, [line("customers", WHO), gone, back, line("customers", "other")])
    shard = partition_for(WHO.encode(), settings.topics.partitions)
    records = [record for record in await everything(settings, "customers") if record.value is None]
    assert await tombstones(settings, shard) == {WHO.encode(): records[0].timestamp}
    assert await tombstones(settings, (shard + 1) % settings.topics.partitions) == {}


async def lived(settings: Settings, worker: WorkerProcess, folder: Path) -> None:
    """Have it all happen, and see that it has left traces: what is found nowhere later was there."""
    await produce(settings, life())
    await eventually(lambda: worker.get(f"/state/{WHO}", token(settings)), lambda found: found and found[0] == 200)

    async def there() -> bool:
        async with opened(folder / "desk") as database:
            kinds = (Alert, Profile, CustomerEvent)
            return all([any(row.customer_id == WHO for row in await rows(database, kind)) for kind in kinds])

    await eventually(there, bool)
    await eventually(lambda: everything(settings, "dead-letters"), lambda found: len(found) >= 4)
    for topic in ("alerts", "state-changelog", "customers", "group-signals", "dead-letters"):
        assert any(names(record) for record in await everything(settings, topic)), topic


async def from_before(settings: Settings) -> None:
    """Send records again that first arrived before the tombstone, as a redrive does."""
    producer = AIOKafkaProducer(**client_options(settings.kafka))
    await producer.start()
    try:
        for one in life()[2:6]:
            if one.key == WHO.encode():
                await producer.send_and_wait(
                    settings.topics.prefix + one.topic, one.value, key=one.key,
                    partition=partition_for(one.key, settings.topics.partitions),
                    headers=[("dl_redriven_from", b"0/0"), (ARRIVED, str(now() - 60_000).encode())],
                )  # fmt: skip
    finally:
        await producer.stop()


async def every_topic(settings: Settings) -> None:
    """Topics that compact hold nothing of the person but the tombstone's key; the others delete by age as stated."""
    await compacted(settings)
    prefix = settings.topics.prefix
    client = AIOKafkaAdminClient(**client_options(settings.kafka))
    await client.start()
    try:
        asked = [ConfigResource(ConfigResourceType.TOPIC, prefix + topic.name) for topic in TABLE]
        answers = await client.describe_configs(asked)
    finally:
        await client.close()
    configs = {r[3]: {entry[0]: entry[1] for entry in r[4]} for answer in answers for r in answer.resources}
    for want in wanted(settings):
        mine = [record for record in await everything(settings, want.topic.name) if names(record)]
        if want.topic.cleanup == "delete":
            assert 0 < int(configs[want.name]["retention.ms"]) == want.topic.retention_ms
        elif want.topic.name == "customers":
            assert [(record.key, record.value) for record in mine] == [(WHO.encode(), None)]
            assert int(want.configs["delete.retention.ms"]) == settings.privacy.remember_forgotten_ms
        else:
            assert mine == [], want.name
    keys = [record.key for record in await everything(settings, "state-changelog")]
    assert b"f/" + digest(WHO.encode()) in keys and b"c/other" in keys and b"g/" + GROUP.encode() in keys


async def compacted(settings: Settings) -> None:
    """Have the broker compact both topics until nothing of the person is left but a tombstone of the profile."""
    prefix, count = settings.topics.prefix, settings.topics.partitions
    quick = {"cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.001"}
    quick |= {"min.compaction.lag.ms": "0", "max.compaction.lag.ms": "100"}
    client = AIOKafkaAdminClient(**client_options(settings.kafka))
    await client.start()
    try:
        changelog = quick | {"delete.retention.ms": "0"}
        profiles = quick | {"delete.retention.ms": str(settings.privacy.remember_forgotten_ms)}
        profiles |= {"message.timestamp.type": "LogAppendTime"}
        for topic, given in (("state-changelog", changelog), ("customers", profiles)):
            await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, prefix + topic, given)])
        await client.alter_configs([ConfigResource(ConfigResourceType.BROKER, "1", {"log.cleaner.backoff.ms": "250"})])
    finally:
        await client.close()
    producer = AIOKafkaProducer(**client_options(settings.kafka))
    await producer.start()
    deadline = time.monotonic() + 60
    try:
        while True:  # a segment is rolled when something is appended after its time
            for topic in ("state-changelog", "customers"):
                for partition in range(count):
                    await producer.send_and_wait(prefix + topic, b"{}", key=b"m/filler", partition=partition)
            found = [r for t in ("state-changelog", "customers") for r in await everything(settings, t) if names(r)]
            if [(record.key, record.value) for record in found] == [(WHO.encode(), None)]:
                return
            assert time.monotonic() < deadline, [(record.topic, record.key) for record in found]
            await asyncio.sleep(0.3)
    finally:
        await producer.stop()
