"""Streams of pushes: no gap and no double, whatever connection, process or database was lost."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import OperationalError
from support.desk_rows import NOW
from support.until import until

from stream.desk.push.hub import Hub
from stream.desk.store.repositories.pushes import NewPush, append_pushes
from stream.desk.store.tables import Push, PushCounter


async def push(database, *receivers, hub=None, n=0):
    async with database.transaction() as tx:
        numbers = await append_pushes(tx, [NewPush(receiver=r, event="alert", data={"n": n}) for r in receivers], NOW)
    if hub is not None:
        hub.committed(set(receivers))
    return numbers


@contextlib.asynccontextmanager
async def hub_on(database, **more):
    hub = Hub(database, poll_s=0.2, retry_s=0.05, **more)
    hub.start()
    try:
        yield hub
    finally:
        await hub.close()


class Page:
    """An open page: what it saw, and where it would go on."""

    def __init__(self, hub, receiver="rm-1", after=None, slow=None):
        self.numbers, self.names, self.slow = [], [], slow
        self.task = asyncio.create_task(self.read(hub, receiver, after))

    async def read(self, hub, receiver, after):
        async with contextlib.aclosing(hub.events(receiver, after)) as events:
            async for event in events:
                self.numbers.append(event.number)
                self.names.append(event.event)
                if self.slow is not None:
                    await self.slow.wait()

    async def saw(self, *numbers):
        await until(lambda: self.numbers == list(numbers), 10)

    async def lost(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        return self.numbers[-1] if self.numbers else None


async def test_what_was_missed_comes_first_and_then_what_is_committed(database):
    await push(database, *["rm-1"] * 3)
    async with hub_on(database) as hub:
        old, new = Page(hub, after=1), Page(hub)
        await old.saw(2, 3)
        await until(lambda: hub.open == 2, 5)
        await push(database, "rm-1", "rm-2", hub=hub)
        await old.saw(2, 3, 4)
        await new.saw(4)


async def test_a_lost_connection_and_a_restarted_desk_leave_no_gap_and_no_double(database):
    seen, after = [], 0
    for _ in range(3):
        async with hub_on(database) as hub:
            for _ in range(2):
                await push(database, *["rm-1"] * 3)
                page = Page(hub, after=after)
                await until(lambda page=page: len(page.numbers) == 3, 10)
                await push(database, "rm-1", hub=hub)
                await until(lambda page=page: len(page.numbers) == 4, 10)
                after = await page.lost()
                seen += page.numbers
                await push(database, "rm-1", hub=hub)
                page = Page(hub, after=after)
                await until(lambda page=page: page.numbers, 10)
                after = await page.lost()
                seen += page.numbers
    assert seen == list(range(1, 31))


async def test_pages_that_open_while_others_commit_see_each_once(embedded):
    async with hub_on(embedded) as hub:
        pages = []
        for n in range(40):
            if n % 5 == 0:
                pages.append(Page(hub, after=0))
            await push(embedded, *["rm-1"] * 3, hub=hub, n=n)
        for page in pages:
            await until(lambda page=page: len(page.numbers) >= 120, 20)
            assert page.numbers == list(range(1, 121))


async def test_a_page_that_is_slower_than_its_room_reads_the_store_and_loses_nothing(embedded):
    async with hub_on(embedded, room=4) as hub:
        gate = asyncio.Event()
        page = Page(hub, after=0, slow=gate)
        quick = Page(hub, after=0)
        for _ in range(30):
            await push(embedded, "rm-1", hub=hub)
        await until(lambda: len(quick.numbers) == 30, 10)
        gate.set()
        await page.saw(*range(1, 31))


async def test_one_question_for_all_pages_of_all_receivers_of_a_commit(embedded, monkeypatch):
    asked = []
    async with hub_on(embedded) as hub:
        pages = [Page(hub, receiver=f"rm-{n % 5}", after=0) for n in range(50)]
        await until(lambda: hub.open == 50 and all(feed.last is not None for feed in hub._feeds.values()), 10)
        await until(lambda: all(r.live for feed in hub._feeds.values() for r in feed.readers) and not hub._behind, 10)
        kept = hub._round

        async def counted(behind):
            asked.append(set(behind))
            await kept(behind)

        monkeypatch.setattr(hub, "_round", counted)
        await push(embedded, *[f"rm-{n}" for n in range(5)], hub=hub)
        for page in pages:
            await page.saw(1)
        assert asked == [{f"rm-{n}" for n in range(5)}]


async def test_what_another_process_commits_is_found_by_itself(database):
    async with hub_on(database) as hub:
        page = Page(hub, after=0)
        await until(lambda: hub.open, 5)
        await push(database, "rm-1")
        await page.saw(1)


async def test_a_page_that_missed_what_is_no_longer_kept_is_told_to_load_anew(database):
    await push(database, *["rm-1"] * 5)
    async with database.transaction() as tx:
        await tx.execute(delete(Push).where(Push.number <= 3))
    async with hub_on(database) as hub:
        late, in_time, ahead = Page(hub, after=1), Page(hub, after=3), Page(hub, after=99)
        await late.saw(5)
        await ahead.saw(5)
        await in_time.saw(4, 5)
        assert late.names == ahead.names == ["reset"]
        await push(database, "rm-1", hub=hub)
        await late.saw(5, 6)
        assert late.names == ["reset", "alert"]


async def test_pushes_of_a_forgotten_customer_stop_nobody(database):
    await push(database, *["rm-1"] * 4)
    async with hub_on(database) as hub:
        live = Page(hub)
        await until(lambda: hub.open, 5)
        async with database.transaction() as tx:
            await append_pushes(tx, [NewPush(receiver="rm-1", event="alert")] * 2, NOW)
            await tx.execute(delete(Push).where(Push.number.in_((2, 5, 6))))
        page = Page(hub, after=0)
        await page.saw(1, 3, 4)
        await push(database, "rm-1", hub=hub)
        await page.saw(1, 3, 4, 7)
        await live.saw(7)


async def test_a_store_put_back_from_a_copy_ends_the_streams_that_know_later_numbers(database):
    await push(database, *["rm-1"] * 5)
    async with hub_on(database) as hub:
        page = Page(hub, after=3)
        await page.saw(4, 5)
        async with database.transaction() as tx:
            await tx.execute(delete(Push).where(Push.number > 2))
            await tx.execute(update(PushCounter).values(last_number=2))
        await until(page.task.done)
        again = Page(hub, after=5)
        await again.saw(2)
        assert again.names == ["reset"]
        await push(database, "rm-1", hub=hub)
        await again.saw(2, 3)


async def test_streams_outlive_an_absence_of_the_database(embedded, monkeypatch):
    async with hub_on(embedded) as hub:
        page = Page(hub, after=0)
        await until(lambda: hub.open, 5)
        reading = embedded.reading

        tried = []

        @contextlib.asynccontextmanager
        async def away():
            tried.append(1)
            raise OperationalError("SELECT", {}, OSError("away"))
            yield

        monkeypatch.setattr(embedded, "reading", away)
        await push(embedded, "rm-1", hub=hub)
        await until(lambda: len(tried) >= 3)
        assert page.numbers == []
        monkeypatch.setattr(embedded, "reading", reading)
        await page.saw(1)


async def test_a_quiet_stream_beats_and_ends_with_the_hub(embedded):
    async with hub_on(embedded) as hub:
        stream = hub.events("rm-1", heartbeat_s=0.01)
        assert await anext(stream) is None
        assert hub.open == 1
        await hub.close()
        with pytest.raises(StopAsyncIteration):
            while True:
                await anext(stream)
        assert hub.open == 0
