"""What the runbook says of moving the group, done on a real broker."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import orjson
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from chaos import oracle
from support.processes import WorkerProcess, churnwatch, eventually
from support.units import DAY, T0

from stream.broker import admin
from stream.broker.clients import client_options
from stream.config import Settings
from stream.engine.log.jsonl import Record
from stream.ops import group
from stream.produce import produce

pytestmark = pytest.mark.kafka


def complaint(number: int) -> Record:
    customer, time_ms = f"c{number % 8}", T0 + number * DAY
    event = {"event_id": f"k{number}", "customer_id": customer, "time": time_ms, "complaint_id": f"k{number}"}
    value = orjson.dumps(event | {"status": "opened", "severity": "critical"})
    return Record(1, "complaints", customer.encode(), time_ms, value)


async def ids(settings: Settings) -> list[str]:
    return [orjson.loads(record.value)["alert_id"] for record in await oracle.read(settings, "alerts")]


async def command(settings: Settings, *arguments: str, status: int = 0) -> str:
    process = churnwatch(settings, "group", *arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said, _ = await asyncio.to_thread(process.communicate, timeout=60)
    assert process.returncode == status, said.decode()
    return said.decode()


async def lose(settings: Settings, topic: str) -> None:
    """Have the broker delete the next record that the group would read, wherever one waits, as retention would."""
    waiting = [place for place in await group.places(settings) if place.topic == topic and place.lag]
    client = AIOKafkaAdminClient(**client_options(settings.kafka))
    await client.start()
    try:
        name = settings.topics.prefix + topic
        gone = {TopicPartition(name, p.shard): RecordsToDelete((p.committed or 0) + 1) for p in waiting}
        await client.delete_records(gone)
    finally:
        await client.close()


async def test_rewound_it_builds_the_same_states_and_tells_the_same_with_the_same_ids(
    settings: Settings, tmp_path: Path
) -> None:
    await produce(settings, [complaint(number) for number in range(16)])
    async with WorkerProcess(settings, tmp_path / "first.log") as worker:
        await oracle.until_taken(settings, 16, 30)
        assert "stop every worker first" in await command(settings, "rewind", "--to", "earliest", "--yes", status=2)
        assert await worker.stop() == 0
    before, told = await oracle.found(settings), await ids(settings)
    shown = await command(settings, "show")
    assert "Empty, 0 members" in shown

    shown = await command(settings, "rewind", "--to", "earliest", "--yes")
    assert "complaints" in shown
    assert {place.committed for place in await group.places(settings) if place.topic == "complaints"} == {0}
    assert (await oracle.found(settings)).states == {}
    assert await admin.check(settings) == [], "the changelog is as it was"

    async with WorkerProcess(settings, tmp_path / "second.log") as worker:  # its old stores are still there
        await oracle.until_taken(settings, 16, 30)
        again = await eventually(lambda: ids(settings), lambda found: len(found) >= 2 * len(told))
        assert await worker.stop() == 0
    assert sorted(again) == sorted(2 * told)
    assert (await oracle.found(settings)).states == before.states


async def test_from_a_time_on_only_what_arrived_since_is_read(settings: Settings) -> None:
    await produce(settings, [complaint(number) for number in range(8)])
    since = max(record.timestamp for record in await oracle.read(settings, "complaints")) + 1
    await produce(settings, [complaint(9)])
    found = await group.rewind(settings, since)
    late = [place for place in found if place.topic == "complaints"]
    assert sum(place.lag for place in late) == 1
    assert {place.lag for place in found if place.topic != "complaints"} == {0}


async def test_records_that_are_gone_are_shown_and_skipped_and_a_worker_starts_again(
    settings: Settings, tmp_path: Path
) -> None:
    await produce(settings, [complaint(number) for number in range(8)])
    async with WorkerProcess(settings, tmp_path / "first.log") as worker:
        await oracle.until_taken(settings, 8, 30)
        assert await worker.stop() == 0
    await produce(settings, [complaint(number) for number in range(8, 24)])
    await lose(settings, "complaints")
    lost = sum(place.lost for place in await group.places(settings))
    assert lost > 0

    stuck = WorkerProcess(settings, tmp_path / "stuck.log")
    try:
        assert await asyncio.to_thread(stuck.process.wait, 60) != 0
    finally:
        await stuck.kill()
    assert "group skip-lost" in stuck.said

    await eventually(lambda: group.members(settings), lambda found: found[1] == 0, 60)
    assert f"{lost} records skipped" in await command(settings, "skip-lost", "--yes")
    left = sum(place.lag for place in await group.places(settings))
    async with WorkerProcess(settings, tmp_path / "last.log") as worker:
        await eventually(lambda: group.places(settings), lambda found: sum(place.lag for place in found) == 0)
        assert await worker.stop() == 0
    assert left > 0
