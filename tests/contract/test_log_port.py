"""The port to the log, on the adapter in memory; `tests/kafka` runs the same cases on a broker."""

from __future__ import annotations

import pytest
from support.log_cases import ShardLogCases, gather, sent

from stream.engine.log.memory import MemoryBroker, MemoryShardLog
from stream.engine.log.port import Fenced, Message, Output

TOPICS = ("customers", "transactions", "balances")


class MemoryWorld:
    """A broker in memory with one shard, number 3 of some."""

    topics = TOPICS
    shard = 3

    def __init__(self):
        self.broker = MemoryBroker()

    async def log(self):
        return MemoryShardLog(self.broker, self.shard, TOPICS)

    async def produce(self, topic, records):
        for key, value, time in records:
            self.broker.append(topic, self.shard, key, value, time)

    async def read(self, topic):
        return [(r.key, r.value, dict(r.headers)) for r in self.broker.topics[topic, self.shard]]


class TestMemoryShardLog(ShardLogCases):
    @pytest.fixture
    async def world(self):
        return MemoryWorld()

    async def test_a_fetch_takes_no_more_of_a_topic_than_it_is_told(self, world):
        await world.produce("balances", sent(b"1", b"2", b"3"))
        log = MemoryShardLog(world.broker, world.shard, TOPICS, fetch_records=2)
        log.start((await log.open()).committed)
        assert [len(records) for records in (await log.fetch((), 0)).values()] == [2]
        assert log.settled("balances") == float("-inf")
        assert [r.value for r in (await gather(log, 1))["balances"]] == [b"3"]
        assert log.settled("balances") == float("inf")

    async def test_a_message_goes_to_the_partition_it_names_with_the_batch_or_not_at_all(self, world):
        old = await world.log()
        await old.open()
        hop = Message("group-signals", b"g", b"1", timestamp=7, partition=5)
        await old.commit(Output({}, [hop, Message("alerts", b"c", b"2")], {}))
        new = await world.log()
        await new.open()
        with pytest.raises(Fenced):
            await old.commit(Output({}, [hop], {}))
        found = world.broker.topics["group-signals", 5]
        assert [(r.key, r.value, r.timestamp) for r in found] == [(b"g", b"1", 7)]
        assert await world.read("group-signals") == []

    async def test_shards_do_not_see_each_other(self, world):
        other = MemoryShardLog(world.broker, 4, TOPICS)
        await other.open()
        mine = await world.log()
        await mine.open()
        await world.produce("balances", sent(b"1"))
        other.start({})
        assert await other.fetch((), 0) == {}
        await mine.close()
        await other.close()


def test_there_are_cases():
    assert len([name for name in dir(ShardLogCases) if name.startswith("test_")]) >= 18
