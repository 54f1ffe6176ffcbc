"""One destination's queue: what stops others, or breaks, does not stop it."""

from __future__ import annotations

import asyncio
import itertools

from sqlalchemy.exc import OperationalError
from support.until import until

from stream.desk.notify.book import Claim, Item
from stream.desk.notify.channel import Answer, Parcel
from stream.desk.notify.metrics import NotifyMetrics
from stream.desk.notify.worker import ROUNDS, Worker


class Shelf:
    """A book in memory, whose database is away as often as it is told."""

    def __init__(self, channel, count, away=0):
        self.channel, self.away, self.recorded = channel, away, []
        self.waiting = [Item(str(n), Parcel(id=str(n), body=b""), 0) for n in range(count)]
        self.limits = []

    async def claim(self, limit, now):
        self.limits.append(limit)
        if self.away:
            self.away -= 1
            raise OperationalError("SELECT", {}, OSError("away"))
        some, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return Claim(self.channel, some) if some else None

    async def record(self, attempts, now):
        self.recorded += attempts


class Moody:
    """A channel that raises at each third parcel, and counts how many it has at a time."""

    def __init__(self):
        self.at_once = self.most = 0

    async def send(self, parcel):
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if int(parcel.id) % 3 == 2:
            raise RuntimeError("a defect")
        return Answer(taken=True)


def worker(book, **more):
    ticks = itertools.count(1)
    given = {
        "label": "webhook",
        "at_once": 2,
        "look_every_s": 0.01,
        "clock": lambda: next(ticks),
        "metrics": NotifyMetrics(),
    }
    return Worker(book, **given | more)


async def run_until(one, holds):
    task = asyncio.create_task(one.run())
    await until(holds)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_an_adapters_defect_is_a_fault_of_that_parcel_alone(caplog):
    channel = Moody()
    book = Shelf(channel, 9)
    await run_until(worker(book), lambda: len(book.recorded) == 9)
    assert [attempt.answer.fault for attempt in book.recorded] == [None, None, "RuntimeError"] * 3
    assert "RuntimeError at test_worker.py:" in caplog.text
    assert "a defect" not in caplog.text  # it might hold an address
    assert channel.most == 2
    assert set(book.limits) == {2 * ROUNDS}


async def test_it_goes_on_when_the_database_is_back():
    book = Shelf(Moody(), 2, away=3)
    await run_until(worker(book), lambda: len(book.recorded) == 2)


async def test_it_looks_at_once_when_it_is_woken():
    book = Shelf(Moody(), 0)
    one = worker(book, look_every_s=600.0)
    task = asyncio.create_task(one.run())
    await until(lambda: book.limits)
    book.waiting = [Item("0", Parcel(id="0", body=b""), 0)]
    one.wake()
    await until(lambda: book.recorded)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
