"""How much one batch takes: so many events, so many customers, and it does not matter to what comes of them."""

from __future__ import annotations

import time

import pytest
from support.harness import Harness
from support.timeline import at, records

from stream.engine.shard import loop as shard
from stream.engine.store import states
from stream.engine.store.rocks import Store
from stream.engine.store.store_memory import StoreMemory

NOON = at("2025-03-03 12:00")


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(shard, "_PIECE", 10)
    monkeypatch.setattr(states, "MOST_STATES", 15)


def events(customers, each):
    lines = [
        NOON.plus(minutes=turn * customers + number).balance(f"c{number:03d}", 5 + turn)
        for turn in range(each)
        for number in range(customers)
    ]
    return list(records(*lines))


async def run(folder, given):
    harness = Harness(folder)
    harness.feed(given)
    await harness.open()
    batches = await harness.drain()
    found = harness.states(), harness.alerts(), harness.counted("churnwatch_batch_events_sum")
    await harness.shard.close()
    return batches, found


async def test_a_batch_ends_when_it_has_changed_enough_customers(small, tmp_path):
    assert (await run(tmp_path, events(customers=100, each=1)))[0] == 5


async def test_a_batch_of_few_customers_goes_on(small, tmp_path):
    assert (await run(tmp_path, events(customers=9, each=11)))[0] == 1


async def test_what_comes_of_events_is_the_same_however_many_are_taken_at_once(tmp_path):
    given = events(customers=60, each=3)
    _, whole = await run(tmp_path / "whole", given)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shard, "_PIECE", 7)
        patch.setattr(states, "MOST_STATES", 20)
        batches, parts = await run(tmp_path / "parts", given)
    assert batches > 3
    assert parts == whole


def test_stores_share_the_memory_that_they_write_into(tmp_path):
    memory = StoreMemory(16)
    stores = [Store(tmp_path / str(number), memory=memory) for number in range(4)]
    for turn in range(40):
        for store in stores:
            store.write([(b"c/%d-%d" % (turn, n), bytes(100_000)) for n in range(10)], [], turn, turn)
    until = time.monotonic() + 30
    while memory._written.get_usage() >= 12 << 20 and time.monotonic() < until:
        time.sleep(0.05)  # flushed in the background, and only a write begins it: what outran it waits for the next
        for store in stores:
            store.write([(b"m/more", b"")], [], 40, 40)
    assert 0 < memory._written.get_usage() < 12 << 20, "160 MB were written, 8 are to be kept"
    assert all(store.get(b"c/0-0") == bytes(100_000) for store in stores)
    for store in stores:
        store.close()
