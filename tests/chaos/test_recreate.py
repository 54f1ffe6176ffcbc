"""An input topic that is deleted and made anew under a running worker: said, and gone on from when operators say so."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from support.processes import WorkerProcess, eventually
from support.units import DAY, T0

from chaos import oracle
from chaos.fleet import TrickedWorker
from stream.broker import admin
from stream.broker.clients import client_options
from stream.config import Settings
from stream.domain.state import decode
from stream.engine.log.jsonl import Record
from stream.ops import group
from stream.produce import produce


def complaint(number: int) -> Record:
    customer, time_ms = f"c{number % 8}", T0 + number * DAY
    event = {"event_id": f"k{number}", "customer_id": customer, "time": time_ms, "complaint_id": f"k{number}"}
    value = orjson.dumps(event | {"status": "opened", "severity": "critical"})
    return Record(1, "complaints", customer.encode(), time_ms, value)


async def deleted(settings: Settings, topic: str) -> None:
    client = AIOKafkaAdminClient(**client_options(settings.kafka))
    await client.start()
    try:
        await client.delete_topics([settings.topics.prefix + topic])
    finally:
        await client.close()


async def opened(settings: Settings) -> set[str]:
    """Return every complaint that is in a customer's state."""
    return {name for stored in (await oracle.found(settings)).states.values() for name in decode(stored).complaints}


@pytest.mark.timeout(300)
async def test_an_input_topic_made_anew_is_an_alarm_and_after_skip_lost_its_records_are_taken(
    settings: Settings, tmp_path: Path
) -> None:
    await produce(settings, [complaint(number) for number in range(40)])
    worker = TrickedWorker(settings, tmp_path / "first.log", {"CHAOS_METADATA_MS": "2000"})  # 20 s as it is shipped
    try:
        await worker.ready()
        await oracle.until_taken(settings, 40, 30)
        await deleted(settings, "complaints")
        await eventually(worker.running, lambda shards: not shards, 60)  # no shard without all of its topics
        await admin.apply(settings)
        assert await asyncio.to_thread(worker.process.wait, 60) != 0
    finally:
        await worker.kill()
    assert "made anew" in worker.said and "group skip-lost" in worker.said

    await produce(settings, [complaint(number) for number in range(40, 48)])
    await eventually(lambda: group.members(settings), lambda found: found[1] == 0, 60)
    moved = await group.skip_lost(settings)
    assert {place.topic for place in moved} == {"complaints"} and all(place.anew for place in moved)
    known = await opened(settings)
    async with WorkerProcess(settings, tmp_path / "second.log") as second:
        await eventually(lambda: opened(settings), lambda found: found == {f"k{number}" for number in range(48)}, 30)
        assert await second.stop() == 0
    assert known == {f"k{number}" for number in range(40)}, "states stay"
    assert sum(place.lag for place in await group.places(settings)) == 0
