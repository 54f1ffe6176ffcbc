"""What every adapter of `stream.engine.log.port.ShardLog` must do, as cases to be mixed into a test class.

An adapter's test class gives three things and inherits the rest:

    class TestMemory(ShardLogCases):
        @pytest.fixture
        async def world(self): ...     # an object with the methods of `World`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import pytest

from stream.engine.log.port import Fenced, Message, Output, Record, ShardLog

Sent = tuple[bytes | None, bytes | None, int]
"""Key, value and timestamp of a record."""


class World(Protocol):
    """A log that is empty at first, and access to it past the port."""

    topics: tuple[str, ...]
    """At least two input topics, in tie order."""

    async def log(self) -> ShardLog:
        """Return a new adapter for the one shard, not yet open; the world closes it."""
        ...

    async def produce(self, topic: str, records: Sequence[Sent]) -> None:
        """Append records to the shard's partition of an input topic."""
        ...

    async def read(self, topic: str) -> list[tuple[bytes | None, bytes | None, dict[str, bytes]]]:
        """Return what a reader of committed records sees in the shard's partition: key, value, headers."""
        ...


async def gather(log: ShardLog, count: int, full: Sequence[str] = ()) -> dict[str, list[Record]]:
    """Fetch until `count` records have come; the port waits, so no more than some rounds are needed."""
    found: dict[str, list[Record]] = {}
    for _ in range(100):
        arrived: Mapping[str, Sequence[Record]] = await log.fetch(full, 0.2)
        for topic, records in arrived.items():
            found.setdefault(topic, []).extend(records)
        if sum(map(len, found.values())) >= count:
            break
    return found


async def restored(log: ShardLog, start: int, end: int) -> tuple[list[tuple[bytes, bytes | None]], int]:
    """Read the changelog and return its records and the last position."""
    records: list[tuple[bytes, bytes | None]] = []
    position = start
    async for chunk, reached in log.restore(start, end):
        assert reached > position
        records += chunk
        position = reached
    return records, position


def sent(*values: bytes, key: bytes = b"c", time: int = 1_740_794_400_000) -> list[Sent]:
    """Return records of one key."""
    return [(key, value, time + number) for number, value in enumerate(values)]


def output(world: World, offset: int, number: int) -> Output:
    """Return a batch that moves the first topic to `offset`, with one alert and one state."""
    return Output(
        {world.topics[0]: offset},
        [Message("alerts", b"c", b"alert-%d" % number, [("ce_id", b"%d" % number)])],
        {b"c/c": b"state-%d" % number},
    )


class ShardLogCases:
    """The cases. Each is a contract that the shard relies on."""

    async def test_an_empty_log_opens_at_its_beginning(self, world: World) -> None:
        opening = await (await world.log()).open()
        assert {opening.committed.get(topic, 0) for topic in world.topics} == {0}
        assert opening.changelog_start == opening.changelog_end == 0

    async def test_an_empty_changelog_is_restored_at_once(self, world: World) -> None:
        log = await world.log()
        opening = await log.open()
        assert await restored(log, opening.changelog_start, opening.changelog_end) == ([], 0)

    async def test_records_come_by_topic_in_order_with_key_value_offset_and_time(self, world: World) -> None:
        first, second = world.topics[:2]
        await world.produce(first, sent(b"1", b"2", b"3"))
        await world.produce(second, [(None, b"x", 5), (b"k", None, 6)])
        log = await world.log()
        log.start((await log.open()).committed)
        found = await gather(log, 5)
        assert [(r.key, r.value) for r in found[first]] == [(b"c", b"1"), (b"c", b"2"), (b"c", b"3")]
        assert [(r.key, r.value) for r in found[second]] == [(None, b"x"), (b"k", None)]
        assert [r.offset for r in found[first]] == [0, 1, 2]
        assert all(r.timestamp > 0 for r in found[first])

    async def test_fetching_begins_at_the_positions_given(self, world: World) -> None:
        first, second = world.topics[:2]
        await world.produce(first, sent(b"1", b"2", b"3"))
        await world.produce(second, sent(b"4"))
        log = await world.log()
        await log.open()
        log.start({first: 2, second: 0})
        found = await gather(log, 2)
        assert [r.value for r in found[first]] == [b"3"]
        assert [r.value for r in found[second]] == [b"4"]

    async def test_full_topics_are_left_where_they_are_and_come_later(self, world: World) -> None:
        first, second = world.topics[:2]
        await world.produce(first, sent(b"1", b"2"))
        await world.produce(second, sent(b"3"))
        log = await world.log()
        log.start((await log.open()).committed)
        found = await gather(log, 1, full=[first])
        assert set(found) == {second}
        assert [r.value for r in (await gather(log, 2))[first]] == [b"1", b"2"]

    async def test_nothing_comes_twice(self, world: World) -> None:
        await world.produce(world.topics[0], sent(b"1", b"2"))
        log = await world.log()
        log.start((await log.open()).committed)
        await gather(log, 2)
        assert not any((await log.fetch((), 0.2)).values())

    async def test_a_topic_with_unread_records_is_not_settled_and_one_that_is_read_out_gets_there(
        self, world: World
    ) -> None:
        first = world.topics[0]
        await world.produce(first, sent(b"1", b"2"))
        log = await world.log()
        log.start((await log.open()).committed)
        assert log.settled(first) == float("-inf")
        await gather(log, 2)
        for _ in range(100):
            if log.settled(first) > 1_740_794_400_000:
                break
            await log.fetch((), 0.2)
        assert log.settled(first) > 1_740_794_400_000

    async def test_lag_is_what_lies_between_a_position_and_the_end(self, world: World) -> None:
        first = world.topics[0]
        await world.produce(first, sent(b"1", b"2", b"3"))
        log = await world.log()
        log.start((await log.open()).committed)
        await gather(log, 3)
        assert [log.lag(first, position) for position in (0, 2, 3)] == [3, 1, 0]

    async def test_a_commit_makes_all_of_a_batch_visible(self, world: World) -> None:
        log = await world.log()
        await log.open()
        after = await log.commit(output(world, 7, 1))
        assert await world.read("alerts") == [(b"c", b"alert-1", {"ce_id": b"1"})]
        opening = await (await world.log()).open()
        assert opening.committed[world.topics[0]] == 7
        assert opening.changelog_end >= after > 0

    async def test_a_batch_of_nothing_but_positions_is_committed(self, world: World) -> None:
        log = await world.log()
        await log.open()
        await log.commit(Output({world.topics[0]: 3}))
        assert (await (await world.log()).open()).committed[world.topics[0]] == 3

    async def test_a_batch_of_a_timer_alone_is_committed(self, world: World) -> None:
        log = await world.log()
        await log.open()
        await log.commit(Output({}, [Message("alerts", b"c", b"late")], {b"c/c": b"s"}))
        assert [value for _, value, _ in await world.read("alerts")] == [b"late"]

    async def test_messages_keep_their_order_over_batches(self, world: World) -> None:
        log = await world.log()
        await log.open()
        for number in range(5):
            await log.commit(output(world, number, number))
        assert [value for _, value, _ in await world.read("alerts")] == [b"alert-%d" % n for n in range(5)]

    async def test_large_batches_are_whole(self, world: World) -> None:
        log = await world.log()
        await log.open()
        messages = [Message("alerts", b"k%d" % n, b"v" * 300) for n in range(2_000)]
        changelog: dict[bytes, bytes | None] = {b"c/%d" % n: b"s" * 500 for n in range(2_000)}
        await log.commit(Output({world.topics[0]: 1}, messages, changelog))
        assert [key for key, _, _ in await world.read("alerts")] == [m.key for m in messages]
        again = await world.log()
        opening = await again.open()
        records, _ = await restored(again, opening.changelog_start, opening.changelog_end)
        assert dict(records) == changelog

    async def test_the_changelog_is_restored_with_what_was_forgotten(self, world: World) -> None:
        log = await world.log()
        await log.open()
        await log.commit(Output({}, [], {b"c/a": b"1", b"c/b": b"2"}))
        after = await log.commit(Output({}, [], {b"c/a": None, b"m/shard": b"{}"}))
        again = await world.log()
        opening = await again.open()
        records, position = await restored(again, opening.changelog_start, opening.changelog_end)
        assert dict(records) == {b"c/a": None, b"c/b": b"2", b"m/shard": b"{}"}
        assert position == opening.changelog_end >= after

    async def test_restoring_goes_on_from_where_a_store_stands(self, world: World) -> None:
        log = await world.log()
        await log.open()
        stands = await log.commit(Output({}, [], {b"c/a": b"1"}))
        await log.commit(Output({}, [], {b"c/b": b"2"}))
        again = await world.log()
        opening = await again.open()
        records, _ = await restored(again, stands, opening.changelog_end)
        assert records == [(b"c/b", b"2")]
        assert await restored(again, opening.changelog_end, opening.changelog_end) == ([], opening.changelog_end)

    async def test_a_new_owner_fences_the_old_one_and_nothing_of_its_batch_is_visible(self, world: World) -> None:
        old = await world.log()
        await old.open()
        await old.commit(output(world, 1, 1))
        new = await world.log()
        opening = await new.open()
        with pytest.raises(Fenced):
            await old.commit(output(world, 2, 2))
        assert opening.committed[world.topics[0]] == 1
        assert [value for _, value, _ in await world.read("alerts")] == [b"alert-1"]
        records, _ = await restored(new, opening.changelog_start, opening.changelog_end)
        assert records == [(b"c/c", b"state-1")]

    async def test_the_fenced_one_stays_fenced_and_the_new_owner_goes_on(self, world: World) -> None:
        old = await world.log()
        await old.open()
        new = await world.log()
        await new.open()
        with pytest.raises(Fenced):
            await old.commit(output(world, 1, 1))
        await new.commit(output(world, 2, 2))
        assert [value for _, value, _ in await world.read("alerts")] == [b"alert-2"]
        assert (await (await world.log()).open()).committed[world.topics[0]] == 2

    async def test_a_new_owner_sees_all_that_the_old_one_committed_before_it_was_fenced(self, world: World) -> None:
        old = await world.log()
        await old.open()
        for number in range(3):
            await old.commit(output(world, number + 1, number))
        new = await world.log()
        opening = await new.open()
        assert opening.committed[world.topics[0]] == 3
        records, _ = await restored(new, opening.changelog_start, opening.changelog_end)
        assert records[-1] == (b"c/c", b"state-2")
