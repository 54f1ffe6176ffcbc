"""The cases of the log port on a real broker, and what only the Kafka adapter has to get right."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Sequence

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import ProducerFenced
from chaos import oracle
from chaos.owner import LoneIntake
from support.log_cases import Sent, ShardLogCases, gather, restored, sent

from stream.broker.clients import client_options
from stream.config import Settings
from stream.engine.kafka.intake import HANDED_OUT
from stream.engine.kafka.log import KafkaShardLog
from stream.engine.log.merge import AHEAD
from stream.engine.log.port import Fenced, LogFailure, Message, Output
from stream.topics import INPUTS

pytestmark = pytest.mark.kafka


class KafkaWorld:
    """Shard 0 of a broker's topics; every log has a consumer of its own that holds the shard."""

    topics = INPUTS

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._closing = contextlib.AsyncExitStack()

    async def log(self) -> KafkaShardLog:
        intake = LoneIntake(self.settings)
        await intake.start()
        log = KafkaShardLog(self.settings, 0, intake)
        intake.attach(0, log)
        pumping = asyncio.create_task(intake.pump())

        async def close() -> None:
            pumping.cancel()
            await asyncio.gather(pumping, return_exceptions=True)
            await log.close()
            await intake.stop()

        self._closing.push_async_callback(close)
        return log

    async def produce(self, topic: str, records: Sequence[Sent]) -> None:
        async with producer(self.settings) as sender:
            for key, value, timestamp in records:
                await sender.send_and_wait(
                    self.settings.topics.prefix + topic, value, key=key, partition=0, timestamp_ms=timestamp
                )

    async def read(self, topic: str) -> list[tuple[bytes | None, bytes | None, dict[str, bytes]]]:
        records = await oracle.read(self.settings, topic)
        return [(r.key, r.value, dict(r.headers)) for r in records if r.partition == 0]

    async def close(self) -> None:
        await self._closing.aclose()


@contextlib.asynccontextmanager
async def producer(settings: Settings, **more: object) -> AsyncIterator[AIOKafkaProducer]:
    sender = AIOKafkaProducer(**client_options(settings.kafka), **more)
    await sender.start()
    try:
        yield sender
    finally:
        await sender.stop()


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[KafkaWorld]:
    made = KafkaWorld(settings)
    yield made
    await made.close()


class TestKafkaShardLog(ShardLogCases):
    """The same cases as the memory log's."""


async def test_waiting_behind_a_full_topic_leaves_the_consumer_its_turn(world: KafkaWorld) -> None:
    first, second = INPUTS[:2]
    await world.produce(first, sent(b"1", b"2"))
    log = await world.log()
    log.start((await log.open()).committed)
    while not log._inbox[first]:
        await asyncio.sleep(0.01)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    counting = asyncio.create_task(others())
    try:
        for _ in range(3):
            assert await log.fetch([first], 0.02) == {}
    finally:
        counting.cancel()
    assert turns > 3
    await world.produce(second, sent(b"3"))
    assert [r.value for r in (await gather(log, 1, full=[first]))[second]] == [b"3"]


async def test_a_topic_is_handed_out_as_far_as_there_is_room_and_the_others_go_on(world: KafkaWorld) -> None:
    first, second = INPUTS[:2]
    name, values = world.settings.topics.prefix + first, [b"%d" % number for number in range(9000)]
    async with producer(world.settings, linger_ms=20) as sender:
        await asyncio.gather(*[await sender.send(name, value, key=b"c", partition=0) for value in values])
    log = await world.log()
    log.start((await log.open()).committed)
    while not len(log._inbox[first]) >= AHEAD:
        await asyncio.sleep(0.01)
    await world.produce(second, sent(b"other"))
    assert [r.value for r in (await gather(log, 1, full=[first]))[second]] == [b"other"]
    assert AHEAD <= len(log._inbox[first]) < AHEAD + HANDED_OUT
    assert [r.value for r in (await gather(log, len(values)))[first]] == values


async def test_what_shards_send_each_other_lies_where_it_is_told_and_its_markers_are_no_lag(world: KafkaWorld) -> None:
    log = await world.log()
    log.start((await log.open()).committed)
    here, there = (Message("group-signals", b"g", b"%d" % n, partition=n) for n in (0, 2))
    await log.commit(Output({}, [here, there], {b"c/c": b"1"}))
    [found] = (await gather(log, 1))["group-signals"]
    assert found.value == b"0"
    records = await oracle.read(world.settings, "group-signals")
    assert [(r.partition, r.value) for r in records] == [(0, b"0"), (2, b"2")]
    for _ in range(100):
        if log.lag("group-signals", 1) == 0:
            break
        await log.fetch((), 0.1)
    assert log.lag("group-signals", 1) == 0
    assert log.lag("group-signals", 0) > 0


async def test_aborted_and_control_records_of_a_foreign_producer_hold_up_nothing(world: KafkaWorld) -> None:
    first, second = INPUTS[:2]
    name = world.settings.topics.prefix + first
    async with producer(world.settings, transactional_id="foreign") as sender:
        for number in range(3):
            for end in (sender.abort_transaction, sender.commit_transaction):
                await sender.begin_transaction()
                word = b"aborted" if end == sender.abort_transaction else b"committed"
                await sender.send_and_wait(name, b"%s-%d" % (word, number), key=b"c", partition=0)
                await end()
        await sender.begin_transaction()
        await sender.send_and_wait(name, b"aborted-last", key=b"c", partition=0)
        await sender.abort_transaction()
    log = await world.log()
    log.start((await log.open()).committed)
    found = await gather(log, 3)
    assert [r.value for r in found[first]] == [b"committed-0", b"committed-1", b"committed-2"]
    deadline = time.monotonic() + 5
    now = time.time() * 1000
    while min(log.settled(first), log.settled(second)) < now:
        assert time.monotonic() < deadline, "a topic that ends in aborted records is never settled"
        await log.fetch((), 0.05)


@pytest.mark.parametrize("codec", [None, "gzip", "snappy", "lz4", "zstd"])
async def test_every_codec_a_foreign_producer_may_use_is_read(world: KafkaWorld, codec: str | None) -> None:
    name = world.settings.topics.prefix + INPUTS[0]
    values = [b"%d" % number * 100 for number in range(50)]
    async with producer(world.settings, compression_type=codec, linger_ms=50) as sender:
        await asyncio.gather(*[await sender.send(name, value, key=b"c", partition=0) for value in values])
    log = await world.log()
    log.start((await log.open()).committed)
    assert [r.value for r in (await gather(log, 50))[INPUTS[0]]] == values


async def test_opening_waits_until_the_old_owners_open_transaction_is_gone(world: KafkaWorld) -> None:
    old = await world.log()
    await old.open()
    await old.commit(Output({INPUTS[0]: 1}, [], {b"c/a": b"1"}))
    assert old._producer is not None
    await old._producer.begin_transaction()
    await old._producer.send_and_wait(old._changelog.topic, b"open", key=b"c/a", partition=0)
    new = await world.log()
    opening = await new.open()
    records, reached = await restored(new, opening.changelog_start, opening.changelog_end)
    assert records == [(b"c/a", b"1")] and reached == opening.changelog_end
    with pytest.raises(ProducerFenced):
        await old._producer.commit_transaction()


async def test_an_opening_that_does_not_end_is_given_up_and_tried_again(world: KafkaWorld) -> None:
    engine = world.settings.engine.model_copy(update={"transaction_timeout_ms": 1000})
    world.settings = world.settings.model_copy(update={"engine": engine})
    log = await world.log()
    async with producer(world.settings, transactional_id="foreign", transaction_timeout_ms=60_000) as sender:
        await sender.begin_transaction()
        await sender.send_and_wait(log._changelog.topic, b"open", key=b"c/x", partition=0)
        with pytest.raises(LogFailure, match="cannot be opened"):
            await asyncio.wait_for(log.open(), 10)
        await sender.abort_transaction()
    opening = await (await world.log()).open()
    assert await restored(log, opening.changelog_start, opening.changelog_end) == ([], opening.changelog_end)


async def test_a_record_that_the_broker_refuses_fails_the_whole_batch(world: KafkaWorld) -> None:
    log = await world.log()
    await log.open()
    huge = Message("alerts", b"c", os.urandom(5 << 20))
    with pytest.raises(LogFailure):
        await log.commit(Output({INPUTS[0]: 1}, [Message("alerts", b"c", b"small"), huge], {b"c/a": b"1"}))
    assert await world.read("alerts") == []
    opening = await (await world.log()).open()
    assert opening.committed == {}


async def test_an_expired_transaction_is_void_and_reported(world: KafkaWorld) -> None:
    engine = world.settings.engine.model_copy(update={"transaction_timeout_ms": 1000})
    world.settings = world.settings.model_copy(update={"engine": engine})
    log = await world.log()
    await log.open()
    assert log._producer is not None
    commit = log._producer.commit_transaction

    async def stalled() -> None:
        await asyncio.sleep(4)  # past the time limit and the broker's look-out for it
        await commit()

    log._producer.commit_transaction = stalled
    with pytest.raises((Fenced, LogFailure)):
        await log.commit(Output({INPUTS[0]: 1}, [Message("alerts", b"c", b"1")], {b"c/a": b"1"}))
    assert await world.read("alerts") == []
