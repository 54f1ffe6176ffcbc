"""Alerts watched, commands given and customers asked about, on a real broker with real workers."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from urllib.parse import quote

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr
from support.processes import WorkerProcess, all_shards_run, churnwatch, eventually

from stream.broker.clients import client_options
from stream.config import Settings
from stream.engine.log.jsonl import Line
from stream.engine.log.partition import partition_for
from stream.engine.worker.directory import token
from stream.interface.examples import ALERT, ALERT_HEADERS
from stream.ops.asking import NoAnswer, Unknown, ask, workers
from stream.ops.commanding import give
from stream.ops.watch import alerts, tail
from stream.produce import produce

pytestmark = pytest.mark.kafka
TIME = 1_736_000_000_000


async def write_alerts(settings: Settings, *numbers: int, abort: bool = False) -> None:
    """Write alerts as a shard does, in one transaction that is committed or aborted."""
    producer = AIOKafkaProducer(**client_options(settings.kafka), transactional_id=f"{settings.engine.group}-test")
    headers = [(name, str(text).encode()) for name, text in ALERT_HEADERS.items()]
    await producer.start()
    try:
        await producer.begin_transaction()
        for number in numbers:
            body = orjson.dumps({**ALERT, "alert_id": f"a{number}", "rm_id": f"rm-{number % 2}"})
            place = number % settings.topics.partitions
            await producer.send_and_wait(
                settings.topics.prefix + "alerts", body, key=b"c", partition=place, headers=headers
            )
        await (producer.abort_transaction() if abort else producer.commit_transaction())
    finally:
        await producer.stop()


async def watched(settings: Settings, count: int, **more) -> list[str]:
    stop = asyncio.Event()
    found = []
    async for one in alerts(settings, stop=stop, **more):
        found.append(one.alert.alert_id)
        if len(found) == count:
            stop.set()
    return sorted(found)


async def test_an_aborted_alert_is_never_shown(settings):
    await write_alerts(settings, 1)
    await write_alerts(settings, 2, 3, 4, 5, abort=True)
    await write_alerts(settings, 6, 7)
    assert await asyncio.wait_for(watched(settings, 3, from_start=True), 30) == ["a1", "a6", "a7"]


async def test_who_begins_to_watch_sees_what_comes_from_then_on(settings):
    await write_alerts(settings, 1, 2)
    stop = asyncio.Event()
    async with tail(settings, stop) as each:
        await write_alerts(settings, 3)
        async with asyncio.timeout(30):
            assert (await anext(each)).alert.alert_id == "a3"


def watching(settings: Settings, *arguments: str) -> subprocess.Popen[bytes]:
    return churnwatch(settings, "watch", *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


async def test_the_command_filters_counts_and_gives_bodies_one_a_line(settings):
    await write_alerts(settings, 1, 2, 3, 4)
    process = watching(settings, "--from-start", "--json", "--rm", "rm-1", "--count", "2")
    out, _ = await asyncio.to_thread(process.communicate, timeout=60)
    assert process.returncode == 0
    assert sorted(orjson.loads(line)["alert_id"] for line in out.splitlines()) == ["a1", "a3"]


async def test_the_command_ends_with_1_when_time_runs_out_before_the_count(settings):
    process = watching(settings, "--for", "0.5", "--count", "1")
    assert (await asyncio.to_thread(process.communicate, timeout=60))[0] == b""
    assert process.returncode == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_command_ends_cleanly_when_it_is_told_to(settings, number):
    await write_alerts(settings, 1)
    process = watching(settings, "--from-start")
    first = await asyncio.to_thread(process.stdout.readline)
    assert b"Sudden balance drop" in first
    process.send_signal(number)
    _, said = await asyncio.to_thread(process.communicate, timeout=60)
    assert (process.returncode, said) == (0, b"")


async def test_the_command_ends_cleanly_when_nobody_reads_any_more(settings):
    await write_alerts(settings, 1)
    process = watching(settings, "--from-start", "--json")
    await asyncio.to_thread(process.stdout.readline)
    process.stdout.close()
    await write_alerts(settings, 2, 3)
    assert await asyncio.to_thread(process.wait, 60) == 0
    assert process.stderr.read() == b""


async def test_commands_take_effect_and_two_workers_answer_for_every_customer(settings, tmp_path):
    customers = [f"客户 {number}" if number % 2 else f"c/{number}?a#%41" for number in range(40)]
    assert {partition_for(c.encode(), settings.topics.partitions) for c in customers} == {0, 1, 2, 3}
    lines = [
        Line("balances", c, TIME, {"event_id": "e", "customer_id": c, "time": TIME, "account_id": "a", "balance": n})
        for n, c in enumerate(customers)
    ]
    one, two = WorkerProcess(settings, tmp_path / "1.log"), WorkerProcess(settings, tmp_path / "2.log")
    async with one, two:
        await all_shards_run([one, two])
        assert await one.running()
        assert await two.running()
        await produce(settings, lines)
        secret = token(settings)

        async def known() -> int:
            return sum([(await one.get(f"/state/{quote(c, safe='')}", secret))[0] == 200 for c in customers])

        await eventually(known, lambda count: count == len(customers))
        for worker in (one, two):
            for number, customer in enumerate(customers):
                answer = await ask([worker.url], customer, secret)
                assert answer["state"]["accounts"]["a"]["balance"] == number * 100
        assert set(await workers(settings)) == {one.url, two.url}
        with pytest.raises(Unknown):
            await ask([one.url], "nobody", secret)
        with pytest.raises(NoAnswer, match="does not take our token"):
            await ask([one.url, two.url], customers[0], "wrong")
        await check_the_state_command(settings, customers[3])
        await check_commands(settings)
        gone = two.url
        assert await two.stop() == 0
        assert (await ask([gone, one.url], customers[0], secret))["customer_id"] == customers[0]
    assert await workers_or_none(settings) in ([], [one.url])  # a killed one could not say goodbye


async def workers_or_none(settings: Settings) -> list[str]:
    try:
        return await workers(settings)
    except NoAnswer:
        return []


async def check_the_state_command(settings: Settings, customer: str) -> None:
    async def state(settings: Settings, *arguments: str) -> tuple[int, str, str]:
        process = churnwatch(settings, "state", *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = await asyncio.to_thread(process.communicate, timeout=60)
        return process.returncode, out.decode(), err.decode()

    code, out, _ = await state(settings, customer)
    assert (code, out.splitlines()[0].startswith(f"{customer}   shard")) == (0, True)
    assert "3.00 CNY now" in out
    code, out, _ = await state(settings, customer, "--json")
    assert (code, orjson.loads(out)["customer_id"]) == (0, customer)
    process = churnwatch(settings, "why", customer, "--kind", "balance_drop", stdout=subprocess.PIPE)
    out_, _ = await asyncio.to_thread(process.communicate, timeout=60)
    assert process.returncode == 0
    assert "balance_drop  quiet" in out_.decode()
    assert "holdings 3" in out_.decode()
    code, _, err = await state(settings, "nobody")
    assert (code, err) == (1, "nothing is known about customer nobody\n")
    http = settings.http.model_copy(update={"token": SecretStr("wrong")})
    code, _, err = await state(settings.model_copy(update={"http": http}), customer)
    assert code == 2
    assert "http.token" in err


async def check_commands(settings: Settings) -> None:
    for command, arguments, kind in (
        ("test_alert", {"customer_id": "t"}, "churnwatch.alert.test.v1"),
        ("heartbeat", {}, "churnwatch.heartbeat.v1"),
    ):
        found = await give(settings, command, arguments, actor="me", event_id=f"id-{command}", now=TIME, timeout_s=60)
        assert found is not None
        assert found.headers["ce_type"] == kind
        assert orjson.loads(found.body)["actor"] == "me"
    process = churnwatch(
        settings, "control", "test-alert", "--timeout", "60", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, _ = await asyncio.to_thread(process.communicate, timeout=90)
    assert process.returncode == 0
    assert b"churnwatch.alert.test.v1" in out


async def test_a_command_that_nobody_takes_and_a_question_that_nobody_answers_are_said_so(settings):
    sent = []
    found = await give(
        settings,
        "heartbeat",
        {},
        actor="me",
        event_id="x",
        now=TIME,
        timeout_s=1,
        sent=lambda: sent.append(True),
    )
    assert (found, sent) == (None, [True])
    with pytest.raises(NoAnswer, match="churnwatch worker"):
        await workers(settings)
    with pytest.raises(NoAnswer, match=r"127\.0\.0\.1:1"):
        await ask(["http://127.0.0.1:1"], "c", "t")
