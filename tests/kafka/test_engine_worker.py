"""The worker process on a real broker: how it starts, restarts, answers, and ends."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

import orjson
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from chaos import oracle
from chaos.fleet import with_engine
from conftest import own_settings
from support.processes import WorkerProcess, eventually
from support.units import DAY, T0

from stream.broker import admin, launcher
from stream.broker.clients import client_options
from stream.config import Settings, load
from stream.engine.log.jsonl import Record
from stream.engine.worker.directory import token
from stream.produce import produce

pytestmark = pytest.mark.kafka


def complaint(customer: str, time_ms: int, name: str, **fields: object) -> Record:
    event = {"event_id": f"{customer}-{name}-{time_ms}", "customer_id": customer, "time": time_ms, "complaint_id": name}
    value = orjson.dumps(event | {"status": "opened", "severity": "critical"} | fields)
    return Record(1, "complaints", customer.encode(), time_ms, value)


async def alerts(settings: Settings) -> list[dict]:
    return [orjson.loads(record.value) for record in await oracle.read(settings, "alerts")]


def now() -> int:
    return time.time_ns() // 1_000_000


async def test_an_event_reaches_alerts_through_an_idle_worker_soon_and_questions_are_answered_meanwhile(
    settings: Settings, tmp_path: Path
) -> None:
    async with WorkerProcess(settings, tmp_path / "a.log") as worker:
        delays = []
        for number in range(3):
            sent = time.monotonic()
            await produce(settings, [complaint(f"c{number}", now(), "k")])
            await eventually(lambda: alerts(settings), lambda found, n=number: len(found) == n + 1, 10)
            delays.append(time.monotonic() - sent)
            answer = await worker.get(f"/state/c{number}", token(settings))
            assert answer is not None and answer[0] == 200
        assert min(delays) < 2, delays  # of three: this machine may be busy


async def test_a_worker_ends_on_sigterm_with_status_0_and_what_it_took_is_not_taken_again(
    settings: Settings, tmp_path: Path
) -> None:
    async with WorkerProcess(settings, tmp_path / "a.log") as worker:
        await produce(settings, [complaint("c", now(), "k")])
        await oracle.until_taken(settings, 1, 20)
        asked = time.monotonic()
        assert await worker.stop() == 0, worker.tail()
        assert time.monotonic() - asked < 15
    async with WorkerProcess(settings, tmp_path / "b.log"):
        await produce(settings, [complaint("d", now(), "k")])
        await oracle.until_taken(settings, 2, 20)
    assert sorted(alert["customer_id"] for alert in await alerts(settings)) == ["c", "d"]


async def test_topics_that_do_not_fit_stop_a_worker_with_the_command_that_mends_them(
    bare_settings: Settings, tmp_path: Path
) -> None:
    worker = WorkerProcess(bare_settings, tmp_path / "a.log")
    try:
        status = await asyncio.to_thread(worker.process.wait, 40)
    finally:
        await worker.kill()
    assert status not in (0, None) and status > 0
    assert "churnwatch topics apply" in worker.said
    assert "AttributeError" not in worker.said, "what was never started is not stopped"


async def test_of_two_workers_with_one_instance_the_second_refuses(settings: Settings, tmp_path: Path) -> None:
    settings = with_engine(settings, instance="pod-0")
    async with WorkerProcess(settings, tmp_path / "a.log") as first:
        second = WorkerProcess(settings, tmp_path / "b.log")
        try:
            status = await asyncio.to_thread(second.process.wait, 40)
        finally:
            await second.kill()
        assert status > 0 and "engine.instance" in second.said
        assert await first.running() == {0, 1, 2, 3}


async def test_a_static_member_that_restarts_moves_no_shard(settings: Settings, tmp_path: Path) -> None:
    one, two = (with_engine(settings, instance=f"pod-{number}") for number in (1, 2))
    async with WorkerProcess(one, tmp_path / "1.log") as first:
        async with WorkerProcess(two, tmp_path / "2.log") as second:
            await eventually(first.running, lambda shards: len(shards) == 2)
            await first.ready()
            before = await first.running(), await second.running()
            joined = first.said.count("shards owned")
            assert await second.stop() == 0
        async with WorkerProcess(two, tmp_path / "2b.log") as second:
            assert (await first.running(), await second.running()) == before
            assert first.said.count("shards owned") == joined, "the other worker saw no rebalance"


async def test_timers_survive_a_restart_and_fire_once(settings: Settings, tmp_path: Path) -> None:
    settings = with_engine(settings, session_timeout_ms=3000)  # the workers are killed: nobody waits long for them
    customer, start = "c", now() - 60 * DAY
    async with WorkerProcess(settings, tmp_path / "a.log"):
        await produce(settings, [complaint(customer, start, "k")])
        await oracle.until_taken(settings, 1, 20)
    for number, name in enumerate(("b", "c")):
        if number:
            shutil.rmtree(settings.engine.state_dir)  # the due index too comes back from the changelog
        async with WorkerProcess(settings, tmp_path / f"{name}.log"):
            contact = {"event_id": f"n{number}", "customer_id": customer, "time": start + (31 + number) * DAY}
            contact |= {"staff_id": "s", "how": "call", "result": "reached"}
            await produce(settings, [Record(1, "contacts", b"c", now(), orjson.dumps(contact))])
            await oracle.until_taken(settings, 2 + number, 20)
    graver = [alert["state"] for alert in await alerts(settings) if alert["kind"] == "serious_complaint"]
    assert graver == ["opened", "expired"]
    late = [alert["state"] for alert in await alerts(settings) if alert["kind"] == "complaint_unanswered"]
    assert late == ["opened", "updated", "expired"]  # by timers alone: overdue, long overdue, given up


async def test_the_first_start_with_backfill_builds_state_and_opens_nothing_older(
    settings: Settings, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"policy": settings.policy.model_copy(update={"backfill_days": 1.0})})
    old = [complaint(f"old{number}", T0 + number, "k") for number in range(40)]
    await produce(settings, [*old, complaint("new", T0 + 10 * DAY, "k")])
    # the oldest records are gone already, as by retention
    client = AIOKafkaAdminClient(**client_options(settings.kafka))
    await client.start()
    try:
        name = settings.topics.prefix + "complaints"
        gone = {TopicPartition(name, number): RecordsToDelete(2) for number in range(settings.topics.partitions)}
        await client.delete_records(gone)
    finally:
        await client.close()
    async with WorkerProcess(settings, tmp_path / "a.log") as worker:
        await oracle.until_taken(settings, 41, 20)
        assert [alert["customer_id"] for alert in await alerts(settings)] == ["new"]
        known = [n for n in range(40) if (await worker.get(f"/state/old{n}", token(settings)) or (0, {}))[0] == 200]
        assert len(known) >= 40 - 2 * settings.topics.partitions


@pytest.mark.timeout(120)
async def test_a_worker_that_is_there_before_the_broker_waits_and_one_that_outlives_it_still_ends(
    broker_env: dict[str, str], tmp_path: Path
) -> None:
    place = tmp_path / "broker"
    place.mkdir()
    broker = await asyncio.to_thread(launcher.up, load(env={}), data=place, env=broker_env)
    try:
        settings = with_engine(own_settings(broker, 1, tmp_path), transaction_timeout_ms=6000)
        await admin.apply(settings)
        await asyncio.to_thread(launcher.kill, broker)
        worker = WorkerProcess(settings, tmp_path / "a.log")
        try:
            await worker.until(lambda: _says(worker, "no broker at"), "waiting", 30)
            await asyncio.to_thread(launcher.restart, broker, env=broker_env)
            await worker.ready()
            await produce(settings, [complaint("c", now(), "k")])
            await oracle.until_taken(settings, 1, 20)
            assert len(await alerts(settings)) == 1
            await asyncio.to_thread(launcher.kill, broker)
            asked = time.monotonic()
            await worker.stop(within_s=40)
            assert time.monotonic() - asked < 30
        finally:
            await worker.kill()
    finally:
        await asyncio.to_thread(launcher.down, data=place)


async def _says(worker: WorkerProcess, text: str) -> bool:
    return text in worker.said
