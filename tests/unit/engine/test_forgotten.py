"""A forgotten customer stays forgotten: what is from before changes nothing, and no file of the store has a trace."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.harness import Harness
from support.timeline import at, records

from stream.engine.log.marks import ARRIVED, digest, first_arrival
from stream.engine.log.memory import MemoryRecord
from stream.engine.store.forgotten import Forgotten
from stream.engine.store.rocks import FORGOTTEN, STATE, Store

NOON = at("2025-03-01 12:00")
EVE = NOON.plus(hours=6)
DAY = 86_400_000
WHO = "customer-whose-name-is-nowhere"


async def forgotten(harness, who=WHO):
    await harness.handle(NOON.balance(who, 5), NOON.balance("other", 5), NOON.plus(hours=5).forget(who))


def late(harness, value=7, *, headers=(), who=WHO, arrived=NOON):
    """Let an event arrive behind the tombstone in another topic; `arrived`: the time the broker gave it."""
    [line] = records(NOON.balance(who, value))
    harness.broker.append("balances", 0, line.key, line.value, arrived.time, headers)


async def test_what_is_from_before_does_not_make_known_again(harness):
    await forgotten(harness)
    late(harness)
    await harness.drain()
    assert list(harness.states()) == [b"other"]
    assert harness.counted("churnwatch_events_total", topic="balances", result="forgotten") == 1
    assert not harness.written("dead-letters")


async def test_what_is_from_after_does_and_what_is_older_still_does_not_count(harness):
    await forgotten(harness)
    await harness.handle(EVE.balance(WHO, 900))
    late(harness, 7)
    await harness.drain()
    assert harness.shard.peek(WHO).accounts["a1"].balance == 90_000
    assert list(harness.states()) == sorted([WHO.encode(), b"other"])


@pytest.mark.parametrize("lose", [False, True])
async def test_the_mark_survives_a_restart_and_a_lost_store(harness, lose):
    await forgotten(harness)
    await harness.crash(lose_store=lose)
    await harness.open()
    late(harness)
    await harness.drain()
    assert list(harness.states()) == [b"other"]


async def test_a_record_sent_again_counts_from_when_it_first_arrived(harness):
    await forgotten(harness)
    late(harness, arrived=EVE, headers=[("dl_redriven_from", b"0/1"), (ARRIVED, str(NOON.time).encode())])
    await harness.drain()
    assert list(harness.states()) == [b"other"]


async def test_an_older_profile_is_dropped_and_one_of_the_same_millisecond_goes_by_the_logs_order(harness):
    gone = NOON.plus(hours=5)
    await forgotten(harness)
    [old, same] = records(NOON.profile(WHO, tier="gold"), gone.profile(WHO, tier="gold"))
    harness.broker.append("customers", 0, old.key, old.value, NOON.time)
    await harness.drain()
    assert list(harness.states()) == [b"other"]
    harness.broker.append("customers", 0, same.key, same.value, gone.time)
    await harness.drain()
    assert harness.shard.peek(WHO).profile.tier == "gold"


async def test_a_mark_holds_no_id_and_goes_when_nothing_from_before_can_come_any_more(harness):
    await forgotten(harness)
    marks = [r for r in harness.written("state-changelog") if r.key.startswith(FORGOTTEN)]
    assert [(r.key, int.from_bytes(r.value, "big")) for r in marks] == [
        (FORGOTTEN + digest(WHO.encode()), NOON.plus(hours=5).time)
    ]
    later = NOON.time + harness.options.remember_forgotten_ms + DAY
    harness.broker.append("customers", 0, b"another", None, later)
    await harness.drain()
    latest = {r.key: r.value for r in harness.written("state-changelog")}
    assert latest[FORGOTTEN + digest(WHO.encode())] is None
    assert latest[FORGOTTEN + digest(b"another")] is not None


async def test_a_group_that_begins_anew_takes_nothing_of_those_forgotten_before(tmp_path):
    async def tombstones():
        return {WHO.encode(): NOON.plus(hours=5).time}

    harness = Harness(tmp_path, tombstones=tombstones)
    await harness.open()
    complaint = NOON.complaint(WHO, "k", severity="critical")
    await harness.handle(complaint, NOON.balance("other", 5))
    assert list(harness.states()) == [b"other"] and not harness.written("alerts")
    await harness.crash(lose_store=True)
    harness._tombstones = None  # they are asked for once; then the changelog has the marks
    await harness.open()
    late(harness)
    await harness.drain()
    assert list(harness.states()) == [b"other"]
    await harness.crash()


def traces(folder: Path, text: str = WHO) -> list[str]:
    return [file.name for file in folder.rglob("*") if file.is_file() and text.encode() in file.read_bytes()]


async def test_nothing_of_the_customer_is_left_in_the_stores_files(harness, tmp_path):
    asks = [NOON.complaint(WHO, "k", severity="medium", subject="Card fee")]  # has a timer in the due index
    await harness.handle(asks, NOON.balance("other", 5))
    harness.store.flush()
    assert traces(tmp_path)
    await harness.handle(NOON.plus(hours=5).forget(WHO))
    assert [name for name in traces(tmp_path) if not name.startswith("MANIFEST")] == []
    await harness.crash()  # the list of files, which may name a first or last key, is begun anew with each start
    await harness.open()
    await harness.crash()
    assert traces(tmp_path) == []


async def test_a_restore_leaves_no_timer_of_the_forgotten_behind(harness, tmp_path):
    for hours in range(3):
        await harness.handle(NOON.plus(hours=hours).complaint(WHO, f"k{hours}", severity="medium"))
    await harness.handle(NOON.plus(hours=5).forget(WHO), NOON.balance("other", 1))
    await harness.crash(lose_store=True)
    await harness.open()
    assert {customer for _, customer in harness.store.timers_after(0, b"", 99)} == {b"other"}
    await harness.crash()
    await harness.open()
    await harness.crash()
    assert traces(tmp_path) == []


async def test_many_are_forgotten_at_once_and_who_stays_stays(harness, tmp_path):
    many = [f"{WHO}-{number}" for number in range(150)]
    await harness.handle([NOON.balance(one, 5) for one in [*many, "other"]])
    await harness.handle([NOON.plus(hours=1).forget(one) for one in many])
    assert list(harness.states()) == [b"other"]
    assert [name for name in traces(tmp_path) if not name.startswith("MANIFEST")] == []


async def test_a_shard_that_is_cancelled_while_it_clears_up_ends_after_it(harness, monkeypatch):
    await harness.handle(NOON.balance(WHO, 5))
    harness.feed(records(NOON.plus(hours=1).forget(WHO)))
    await harness.shard.fetch(0)
    began, purge = asyncio.Event(), Store.purge
    loop, done = asyncio.get_running_loop(), []

    def slow(store, keys):
        loop.call_soon_threadsafe(began.set)
        purge(store, keys)
        done.append(keys)

    monkeypatch.setattr(Store, "purge", slow)
    task = asyncio.create_task(harness.shard.process())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(done) == 1 and STATE + WHO.encode() in done[0]


@pytest.mark.parametrize("value", [b"", b"-1", b"x", b"9" * 40, "٣".encode()])
def test_a_header_that_is_no_time_counts_for_nothing(value):
    assert first_arrival(MemoryRecord(0, 5, b"k", b"v", [(ARRIVED, value)])) == 5


TIMES = st.integers(0, 50)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), TIMES), max_size=8),
    st.tuples(st.sampled_from("abcd"), TIMES),
    st.sampled_from(["balances", "customers"]),
)
def test_a_record_is_covered_just_where_a_tombstone_of_the_same_customer_is_not_older(tombstones, record, topic):
    marks = Forgotten()
    for customer, time in tombstones:
        marks.mark(customer.encode(), time)
    again = Forgotten((key[len(FORGOTTEN) :], value) for key, value in marks.changes(1000))
    customer, time = record
    latest = max((t for c, t in tombstones if c == customer), default=-1)
    wanted = time < latest if topic == "customers" else time <= latest
    for one in (marks, again):
        assert one.covers(topic, customer.encode(), MemoryRecord(0, time, customer.encode(), b"")) == wanted
    assert len(again) == len({c for c, _ in tombstones})
