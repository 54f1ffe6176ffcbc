"""Dead letters on a real broker: what a real worker writes, and redrives that happen once and only once."""

from __future__ import annotations

import subprocess

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from support.processes import WorkerProcess, churnwatch, eventually

from stream.broker.clients import client_options
from stream.codec import Rejected
from stream.config import Settings
from stream.engine.log.deadletter import dead_letter, failed_timers
from stream.engine.log.jsonl import Record
from stream.engine.log.memory import MemoryRecord
from stream.engine.log.partition import partition_for
from stream.ops import deadletters
from stream.ops.deadletters import Filter, LetterId
from stream.ops.reading import Reader, ReadError
from stream.ops.redrive import Redrive, RedriveFailed
from stream.produce import produce

pytestmark = pytest.mark.kafka
TIME = 1_736_000_000_000
WHY = Rejected("wrong-type", "$.amount", "expected number")


async def everything(settings: Settings, topic: str) -> list:
    async with Reader(settings, topic) as reader:
        await reader.from_beginning()
        return [record async for records in reader.to_end(settled=True) for record in records]


async def letters(settings: Settings, **which) -> list[deadletters.Letter]:
    return list((await deadletters.listing(settings, Filter(**which), limit=1000)).letters)


async def write_letters(settings: Settings, *messages) -> None:
    """Write letters as a shard does, each to the partition of its key."""
    producer = AIOKafkaProducer(**client_options(settings.kafka))
    await producer.start()
    try:
        for message in messages:
            partition = partition_for(message.key or b"", settings.topics.partitions)
            name = settings.topics.prefix + "dead-letters"
            await producer.send_and_wait(
                name, message.value, key=message.key, partition=partition, headers=list(message.headers)
            )
    finally:
        await producer.stop()


def letter(key: bytes | None, value: bytes | None, offset: int = 7, topic: str = "transactions"):
    return dead_letter(topic, 1, MemoryRecord(offset, TIME, key, value), WHY)


async def redrive(settings: Settings, which: Filter | None = None, **more) -> tuple[int, list[str]]:
    """Redrive, and return how many were sent and why the others were not."""
    async with Redrive(settings, which or Filter(), actor="tester", **more) as work:
        plan = await work.plan()
        return await work.send(plan), sorted(plan.refused.values())


async def test_garbage_goes_to_dead_letters_with_path_and_place_and_fails_again_once_for_each_redrive(
    settings, tmp_path
):
    good = {"event_id": "e1", "customer_id": "c", "time": TIME, "amount": 1, "direction": "in"}
    bad = {
        b"\xff\x00\x1b garbage": ("not-json", "$"),
        orjson.dumps({**good, "amount": "x"}): ("wrong-type", "$.amount"),
        orjson.dumps({**good, "counterparty": {"own_name": 1}}): ("wrong-type", "$.counterparty.own_name"),
        orjson.dumps({**good, "customer_id": "d"}): ("wrong-key", "$.customer_id"),
        orjson.dumps({**good, "time": TIME * 2}): ("future", "$.time"),
        b"{}" + b" " * 300_000: ("too-large", "$"),
    }
    records = [Record(n, "transactions", b"c", TIME, value) for n, value in enumerate(bad)]
    records += [
        Record(90, "transactions", b"c", TIME, None),
        Record(91, "transactions", b"c", TIME, orjson.dumps(good)),
    ]
    async with WorkerProcess(settings, tmp_path / "worker.log") as worker:
        assert (await produce(settings, records)).total == len(records)
        found = await eventually(lambda: letters(settings), lambda found: len(found) >= len(bad) + 1)
        assert {one.value: (one.reason, one.header("dl_path")) for one in found} == {
            **bad,
            None: ("no-value", "$"),
        }
        shard = partition_for(b"c", settings.topics.partitions)
        assert [(one.key, one.source) for one in found] == [
            (b"c", ("transactions", shard, offset)) for offset in range(len(bad) + 1)
        ]
        assert all(one.id.partition == shard for one in found)

        assert await redrive(settings) == (
            len(bad),
            ["a tombstone is not sent again: send a new one if the customer is to be forgotten"],
        )
        again = await eventually(lambda: letters(settings), lambda found: len(found) >= 2 * len(bad) + 1)
        fresh = again[len(found) :]
        assert [one.value for one in fresh] == list(bad)
        assert (await redrive(settings, most=1))[0] == 0  # each has had its one attempt
        assert await redrive(settings, Filter(reasons=frozenset({"not-json"})), most=2) == (
            1,
            ["was redriven already"],
        )
        await eventually(lambda: letters(settings), lambda found: len(found) >= 2 * len(bad) + 2)
        assert await redrive(settings, Filter(reasons=frozenset({"not-json"})), most=2) == (
            0,
            ["failed again after 2 attempts, and 2 is the most", "was redriven already", "was redriven already"],
        )
        assert await worker.stop() == 0


async def test_a_redriven_record_has_its_bytes_its_key_its_partition_and_says_where_it_comes_from(settings):
    await write_letters(settings, letter(b"\xff key", b"\x00 bytes"), letter(None, b"no key"))
    sent = await redrive(settings)
    records = {record.value: record for record in await everything(settings, "transactions")}
    assert sent == (2, [])
    assert set(records) == {b"\x00 bytes", b"no key"}
    keyed, unkeyed = records[b"\x00 bytes"], records[b"no key"]
    assert (keyed.key, keyed.partition) == (b"\xff key", partition_for(b"\xff key", settings.topics.partitions))
    assert (unkeyed.key, unkeyed.partition) == (None, 1)
    assert dict(keyed.headers) == {
        "dl_redriven_from": f"{partition_for(keyed.key, settings.topics.partitions)}/0".encode(),
        "dl_attempt": b"1",
        "dl_timestamp": b"1736000000000",  # when it first arrived: who was forgotten since does not come back by it
    }


async def test_however_often_a_redrive_runs_each_letter_is_sent_once(settings):
    many = [letter(b"k%d" % number, b"v%d" % number, number) for number in range(450)]  # several transactions
    await write_letters(settings, *many)
    seen = []
    async with Redrive(settings, Filter()) as work:
        assert await work.send(await work.plan(), seen.append) == 450
    assert seen == [200, 400, 450]
    assert (await redrive(settings))[0] == 0
    assert sorted(r.value for r in await everything(settings, "transactions")) == sorted(m.value for m in many)


async def test_a_redrive_that_another_one_overtook_sends_nothing_and_the_other_sends_all_once(settings):
    await write_letters(settings, *(letter(b"k", b"v%d" % number, number) for number in range(5)))
    async with Redrive(settings, Filter()) as first:
        plan = await first.plan()
        assert await redrive(settings) == (5, [])
        with pytest.raises(RedriveFailed, match="another redrive"):
            await first.send(plan)
    assert len(await everything(settings, "transactions")) == 5
    assert (await redrive(settings))[0] == 0


async def test_timers_a_foreign_topic_and_an_unknown_id_are_named_and_left(settings):
    await write_letters(settings, failed_timers(1, b"k", 5, ValueError()), letter(b"k", b"v", topic="elsewhere"))
    async with Redrive(settings, Filter(ids=frozenset({LetterId(3, 99)}))) as work:
        assert (await work.plan()).missing == {LetterId(3, 99)}
    sent, why = await redrive(settings)
    assert sent == 0
    assert [text.split(":")[0] for text in why] == [
        "its headers name no topic of ours, partition and offset",
        "timers are no record",
    ]


async def test_a_letter_of_an_aborted_transaction_is_not_there_and_one_beside_it_is(settings):
    name = settings.topics.prefix + "dead-letters"
    producer = AIOKafkaProducer(**client_options(settings.kafka), transactional_id="aborter")
    await producer.start()
    try:
        await producer.begin_transaction()
        await producer.send_and_wait(name, b"aborted", key=b"k", partition=0)
        await producer.abort_transaction()
    finally:
        await producer.stop()
    await write_letters(settings, letter(b"k", b"good"))
    where = (await letters(settings))[0].id
    assert [one.value for one in await letters(settings)] == [b"good"]
    assert (await deadletters.find(settings, where)).value == b"good"
    assert await deadletters.find(settings, LetterId(0, 0)) is None
    assert await deadletters.find(settings, LetterId(0, 10**9)) is None
    assert await deadletters.find(settings, LetterId(77, 0)) is None


async def test_the_newest_are_listed_and_all_are_counted(settings):
    await write_letters(settings, *(letter(b"k%d" % number, b"v", number) for number in range(300)))
    found = await deadletters.listing(settings, Filter(), limit=10)
    newest = sorted(found.letters, key=lambda one: one.written)[-10:]
    assert found.reasons == {"wrong-type": 300}
    assert len(found.letters) < 300
    assert min(one.source.offset for one in newest) >= 250
    later = newest[-1].written + 1
    assert (await deadletters.listing(settings, Filter(), since=later)).reasons.total() == 0


async def test_a_missing_topic_and_a_broker_that_is_not_there_are_said_so(bare_settings):
    with pytest.raises(ReadError, match="topics apply"):
        await deadletters.listing(bare_settings, Filter())
    kafka = bare_settings.kafka.model_copy(update={"bootstrap": "127.0.0.1:1"})
    with pytest.raises(ReadError, match=r"127\.0\.0\.1:1"):
        await deadletters.listing(bare_settings.model_copy(update={"kafka": kafka}), Filter())


async def test_the_commands_list_show_and_ask_before_they_send(settings):
    await write_letters(settings, letter(b"k", b"\xff\x1b[2J"))

    def run(*arguments: str) -> tuple[int, str, str]:
        pipe = subprocess.PIPE
        process = churnwatch(settings, "deadletters", *arguments, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe)
        out, err = process.communicate(timeout=60)
        return process.returncode, out.decode(), err.decode()

    code, out, err = run("list", "--json")
    (line,) = [orjson.loads(text) for text in out.splitlines()]
    assert (code, line["topic"], line["value"]) == (0, "transactions", {"base64": "/xtbMko="})
    assert "wrong-type 1" in err
    code, out, _ = run("show", line["id"])
    assert code == 0
    assert "\x1b" not in out
    assert "ff 1b 5b 32 4a" in out
    code, _, err = run("redrive")
    assert code == 2
    assert "--yes" in err
    code, out, _ = run("redrive", "--dry-run")
    assert (code, out.splitlines()[0]) == (0, "would be sent: 1 (transactions 1)")
    assert await everything(settings, "transactions") == []
    code, out, _ = run("redrive", "--yes", "--id", line["id"])
    assert (code, out) == (0, "sent 1\n")
    code, _, err = run("redrive", "--yes", "--id", line["id"])
    assert code == 1
    assert "was redriven already" in err
    assert len(await everything(settings, "transactions")) == 1
