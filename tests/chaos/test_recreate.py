"""An input topic that is deleted and made anew under a running worker: said, and gone on from when operators say so."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from support.processes import WorkerProcess
from support.units import DAY, T0

from chaos import oracle
from stream.broker import admin
from stream.config import Settings
from stream.engine.clients import client_options
from stream.engine.jsonl import Record
from stream.produce import produce


def complaint(number: int) -> Record:
    customer, time_ms = f"c{number % 8}", T0 + number * DAY
    event = {"event_id": f"k{number}", "customer_id": customer, "time": time_ms, "complaint_id": f"k{number}"}
    value = orjson.dumps(event | {"status": "opened", "severity": "critical"})
    return Record(1, "complaints", customer.encode(), time_ms, value)


async def made_anew(settings: Settings, topic: str) -> None:
    client = AIOKafkaAdminClient(**client_options(settings.kafka))
    await client.start()
    try:
        await client.delete_topics([settings.topics.prefix + topic])
    finally:
        await client.close()
    await admin.apply(settings)


async def taken(settings: Settings) -> int:
    """Return how many customers there are."""
    return len((await oracle.found(settings)).states)


@pytest.mark.timeout(150)
async def test_an_input_topic_made_anew_is_an_alarm_and_after_skip_lost_its_records_are_taken(
    settings: Settings, tmp_path: Path
) -> None:
    await produce(settings, [complaint(number) for number in range(40)])
    worker = WorkerProcess(settings, tmp_path / "first.log")
    try:
        await worker.ready()
        await oracle.until_taken(settings, 40, 30)
        await made_anew(settings, "complaints")
        await produce(settings, [complaint(number)._replace(key=f"new{number}".encode()) for number in range(0)])
        assert await asyncio.to_thread(worker.process.wait, 60) != 0
    finally:
        await worker.kill()
    print(worker.tail(5))
    assert "group skip-lost" in worker.said
