"""Replay lines onto a real broker."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from stream.broker.clients import client_options
from stream.config import Settings
from stream.engine.log.jsonl import Fault, Line, Record, read_lines, write_lines
from stream.engine.log.partition import partition_for
from stream.produce import ProduceError, produce

pytestmark = pytest.mark.kafka
REPOSITORY = Path(__file__).parents[2]


def balance(number: int, customer: str) -> Line:
    value = {"event_id": f"e{number}", "customer_id": customer, "time": 1_736_000_000_000 + number, "balance": number}
    return Line("balances", customer, 1_736_000_000_000 + number, value)


async def everything(settings: Settings, topic: str) -> list:
    consumer = AIOKafkaConsumer(**client_options(settings.kafka), auto_offset_reset="earliest")
    await consumer.start()
    try:
        name = settings.topics.prefix + topic
        places = [TopicPartition(name, p) for p in range(settings.topics.partitions)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        found = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                found.extend(records)
        return found
    finally:
        await consumer.stop()


async def test_every_line_arrives_once_in_its_customers_order_in_the_partition_java_would_choose(settings):
    lines = [balance(n, f"客户-{n % 97}") for n in range(20_000)]
    sent = await produce(settings, lines)
    found = await everything(settings, "balances")
    assert (sent.total, sent.by_topic, sent.faults, dict(sent.refused)) == (20_000, Counter(balances=20_000), [], {})
    assert all(r.partition == partition_for(r.key, settings.topics.partitions) for r in found)
    by_customer = defaultdict(list)
    for record in found:
        by_customer[record.key.decode()].append(orjson.loads(record.value)["balance"])
    assert by_customer == {f"客户-{c}": list(range(c, 20_000, 97)) for c in range(97)}


async def test_a_tombstone_raw_garbage_and_a_record_without_key_arrive_as_they_are(settings):
    records = [
        Record(1, "transactions", b"a", 5, None),
        Record(2, "transactions", b"a", 5, b"\xff not json"),
        Record(3, "transactions", None, 5, b"{}"),
    ]
    sent = await produce(settings, records)
    found = await everything(settings, "transactions")
    assert sent.total == 3
    assert [r.value for r in found if r.key == b"a"] == [None, b"\xff not json"]
    assert [r.value for r in found if r.key is None] == [b"{}"]


async def test_what_cannot_be_sent_is_told_by_line_or_reason_and_the_rest_goes_on(settings):
    lines = [
        Fault(1, "not JSON"),
        Record(2, "no-such-topic", b"a", 5, b"{}"),
        Record(3, "customers", None, 5, b"{}"),  # a compacted topic takes no record without a key
        Record(4, "complaints", b"a", 5, b"{}"),
    ]
    sent = await produce(settings, lines)
    assert [fault.line for fault in sent.faults] == [1, 2]
    assert "topics apply" in sent.faults[1].reason
    assert [(reason.split(":")[0], count) for reason, count in sent.refused.items()] == [("customers", 1)]
    assert sent.by_topic == {"complaints": 1}


async def test_a_rate_holds_the_lines_back_and_a_speedup_follows_their_timestamps(settings):
    by_rate = await produce(settings, [balance(n, "a") for n in range(51)], rate=100)
    assert 0.5 <= by_rate.seconds < 5
    timed = [balance(0, "a"), balance(3_600_000, "a")]
    by_time = await produce(settings, timed, speedup=3600)
    assert 1.0 <= by_time.seconds < 5


async def test_stopping_delivers_what_was_taken_and_leaves_the_rest(settings):
    stop, seen = asyncio.Event(), []

    def progress(sent):
        seen.append(sent.total)
        if sent.total >= 20:
            stop.set()

    sent = await produce(settings, (balance(n, "a") for n in range(10**9)), rate=200, progress=progress, stop=stop)
    assert sent.stopped
    assert len(await everything(settings, "balances")) == sent.total >= 20
    assert seen == sorted(seen)


async def test_a_source_that_fails_midway_is_raised_after_what_it_gave_was_delivered(settings):
    def source():
        yield from (balance(n, "a") for n in range(10))
        raise OSError("the compressed file is damaged")

    with pytest.raises(OSError, match="damaged"):
        await produce(settings, source())
    assert len(await everything(settings, "balances")) == 10


async def test_a_broker_that_is_not_there_is_said_so(settings):
    nowhere = settings.model_copy(update={"kafka": settings.kafka.model_copy(update={"bootstrap": "127.0.0.1:1"})})
    with pytest.raises(ProduceError, match=r"127\.0\.0\.1:1"):
        await produce(nowhere, [])


async def started(settings: Settings, file: Path, *options: str) -> asyncio.subprocess.Process:
    env = {**os.environ, "CHURNWATCH_TOPICS__PREFIX": settings.topics.prefix}
    code = "import typer; from stream.cli.produce import command; typer.run(command)"
    options = ("--input", str(file), "--bootstrap", settings.kafka.bootstrap, *options)
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *options, env=env, cwd=REPOSITORY, stderr=asyncio.subprocess.PIPE
    )


async def test_the_command_sends_a_file_says_what_it_sent_and_ends_with_1_when_a_line_is_broken(settings, tmp_path):
    good, bad = tmp_path / "good.jsonl.gz", tmp_path / "bad.jsonl"
    write_lines(good, [balance(n, "a") for n in range(500)])
    bad.write_text('{"topic": "balances", "key": "a", "timestamp": 1, "value": {}}\nnot json\n')
    process = await started(settings, good)
    _, said = await process.communicate()
    assert process.returncode == 0
    assert "balances 500" in said.decode()
    process = await started(settings, bad)
    _, said = await process.communicate()
    assert process.returncode == 1
    assert "line 2: not JSON" in said.decode()
    assert len(await everything(settings, "balances")) == 501


async def test_the_command_stops_cleanly_on_sigterm(settings, tmp_path):
    file = tmp_path / "many.jsonl"
    write_lines(file, [balance(n, "a") for n in range(50_000)])
    process = await started(settings, file, "--rate", "200")
    deadline = time.monotonic() + 60
    while not await everything(settings, "balances"):
        assert time.monotonic() < deadline
    process.send_signal(signal.SIGTERM)
    _, said = await process.communicate()
    assert process.returncode == 143
    delivered = len(await everything(settings, "balances"))
    assert 0 < delivered < 50_000
    assert f"balances {delivered:,}" in said.decode()


async def test_lines_of_a_file_are_read_as_they_are_sent(settings, tmp_path):
    file = tmp_path / "file.jsonl"
    write_lines(file, [balance(n, "a") for n in range(3)])
    sent = await produce(settings, read_lines(file))
    values = [orjson.loads(record.value) for record in await everything(settings, "balances")]
    assert sent.total == 3
    assert values == [balance(n, "a").value for n in range(3)]
