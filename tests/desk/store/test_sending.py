"""The outbox and the numbered pushes: in their order, once, from where a reader stood."""

from __future__ import annotations

from sqlalchemy import delete, select
from support.desk_rows import NOW

from stream.desk.store.repositories.outbox import (
    Message,
    Sent,
    append_messages,
    mark_failed,
    mark_published,
    waiting_count,
    waiting_messages,
)
from stream.desk.store.repositories.pushes import NewPush, append_pushes, push_range, pushes_after
from stream.desk.store.tables import Outbox, Push


def message(n, **more):
    return Message(message_id=f"feedback/{n}", topic="feedback", key=b"c1", value=b"%d" % n, **more)


async def append(database, *messages):
    async with database.transaction() as session:
        return await append_messages(session, messages, NOW)


async def waiting(database, limit=100):
    async with database.reading() as session:
        return await waiting_messages(session, limit)


async def test_messages_wait_in_their_order(database):
    assert await append(database, message(2), message(1, headers=(("ce_id", "1"), ("ce_id", "2")))) == 2
    assert await append(database, message(3)) == 1
    rows = await waiting(database)
    assert [row.value for row in rows] == [b"2", b"1", b"3"]
    assert rows[1].headers == [["ce_id", "1"], ["ce_id", "2"]]
    assert [row.value for row in await waiting(database, limit=2)] == [b"2", b"1"]


async def test_a_message_appended_twice_is_one(database):
    assert await append(database, message(1)) == 1
    assert await append(database, message(1), message(2)) == 1
    assert await append(database) == 0
    assert [row.value for row in await waiting(database)] == [b"1", b"2"]


async def test_many_at_once_are_numbered_in_the_order_of_the_list(database):
    await append(database, *(message(n) for n in range(6000)))
    assert [row.value for row in await waiting(database, 9000)] == [b"%d" % n for n in range(6000)]


async def test_what_is_published_waits_no_longer_and_what_failed_does(database):
    await append(database, message(1), message(2))
    first, second = await waiting(database)
    async with database.transaction() as session:
        await mark_failed(session, first.id, "KafkaTimeoutError")
        await mark_published(session, [Sent(second.id, 3, 99)], NOW + 5)
    (row,) = await waiting(database)
    assert (row.id, row.attempts, row.fault) == (first.id, 1, "KafkaTimeoutError")
    async with database.reading() as session:
        done = await session.get(Outbox, second.id)
        assert (done.published_at, done.published_partition, done.published_offset) == (NOW + 5, 3, 99)
        assert await waiting_count(session) == (1, NOW)


async def test_a_number_is_never_given_again(database):
    await append(database, message(1), message(2))
    last = (await waiting(database))[-1].id
    async with database.transaction() as session:
        await session.execute(delete(Outbox))
    await append(database, message(3))
    assert (await waiting(database))[0].id > last
    async with database.reading() as session:
        assert await waiting_count(session) == (1, NOW)


async def test_each_receiver_has_numbers_of_its_own_without_a_gap(database):
    async with database.transaction() as session:
        pushes = [NewPush(receiver=r, event="alert", data={"n": n}) for n, r in enumerate("abaab")]
        assert await append_pushes(session, pushes, NOW) == [1, 1, 2, 3, 2]
    async with database.transaction() as session:
        assert await append_pushes(session, [NewPush(receiver="a", event="storm", notify=True)], NOW) == [4]
        assert await append_pushes(session, [], NOW) == []
    async with database.reading() as session:
        assert [(push.number, push.data) for push in await pushes_after(session, "a", 1)] == [
            (2, {"n": 2}), (3, {"n": 3}), (4, {})]  # fmt: skip
        assert await pushes_after(session, "a", 4) == []
        assert [push.number for push in await pushes_after(session, "b", 0, limit=1)] == [1]


async def test_what_was_rolled_back_leaves_no_gap(database):
    for fails in (True, False):
        try:
            async with database.transaction() as session:
                await append_pushes(session, [NewPush(receiver="a", event="alert")], NOW)
                if fails:
                    raise RuntimeError
        except RuntimeError:
            continue
    async with database.reading() as session:
        assert [push.number for push in await session.scalars(select(Push))] == [1]


async def test_a_receiver_whose_pushes_were_deleted_goes_on_counting_and_tells_what_is_missed(database):
    async with database.transaction() as session:
        assert await push_range(session, "a") == (1, 0)
        await append_pushes(session, [NewPush(receiver="a", event="alert")] * 3, NOW)
        assert await push_range(session, "a") == (1, 3)
    async with database.transaction() as session:
        await session.execute(delete(Push).where(Push.number <= 2))
        assert await push_range(session, "a") == (3, 3)
        await session.execute(delete(Push))
        assert await push_range(session, "a") == (4, 3)
        assert await append_pushes(session, [NewPush(receiver="a", event="alert")], NOW) == [4]
