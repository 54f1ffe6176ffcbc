"""One shard's clocks: event time, timers, and the wall clock once it is idle."""

from __future__ import annotations

from support.harness import Harness
from support.timeline import at

from stream.clock import wall_ms
from stream.engine.store import meta

NOON = at("2025-03-01 12:00")
MINUTE = 60_000
DAY = 86_400_000


async def test_timers_fire_before_the_event_that_passes_them(harness):
    await harness.handle(NOON.forwarding("c", "unconditional", "rival"))
    await harness.handle(NOON.plus(days=30).forwarding("c", "unconditional", "rival", "+8688"))
    assert [alert["state"] for alert in harness.alerts()] == ["opened", "expired", "opened"]


async def test_it_is_brought_to_a_time_and_never_back(harness):
    await harness.handle(NOON.forwarding("c", "unconditional", "rival"))
    await harness.shard.advance(NOON.time - 1)
    assert harness.shard.stream_time == NOON.time
    await harness.shard.advance(NOON.time + 30 * DAY)
    assert harness.shard.stream_time == NOON.time + 30 * DAY
    assert [alert["state"] for alert in harness.alerts()] == ["opened", "expired"]
    assert meta.decode(harness.store.get(meta.KEY)).stream_time == NOON.time + 30 * DAY


async def test_an_idle_shard_follows_the_wall_clock_after_a_grace(tmp_path):
    harness = Harness(tmp_path, idle_grace_ms=MINUTE)
    await harness.open()
    harness.wall.now = NOON.time + 5000  # the event arrived live
    await harness.handle(NOON.forwarding("c", "unconditional", "rival"))
    follow = harness.shard._follow_wall_clock
    harness.wall.now += MINUTE - 1
    await follow()
    assert harness.shard.stream_time == NOON.time
    harness.wall.now = NOON.time + 10 * MINUTE
    await follow()
    assert harness.shard.stream_time == NOON.time + 9 * MINUTE
    harness.wall.now += 500
    await follow()
    assert harness.shard.stream_time == NOON.time + 9 * MINUTE  # not for half a second
    harness.wall.now = NOON.time + 30 * DAY + MINUTE
    await follow()
    assert [alert["state"] for alert in harness.alerts()] == ["opened", "expired"]
    await harness.crash()


async def test_after_a_restart_an_idle_shard_goes_on_following_the_wall_clock(tmp_path):
    harness = Harness(tmp_path, idle_grace_ms=MINUTE)
    await harness.open()
    harness.wall.now = NOON.time + 5000
    await harness.handle(NOON.forwarding("c", "unconditional", "rival"))
    await harness.crash(lose_store=True)
    await harness.open()
    harness.wall.now = NOON.time + 30 * DAY + MINUTE
    await harness.shard._follow_wall_clock()
    assert [alert["state"] for alert in harness.alerts()] == ["opened", "expired"]
    await harness.crash()


async def test_to_forget_somebody_does_not_move_the_clock(harness):
    await harness.handle(NOON.forwarding("c", "unconditional", "rival"))
    harness.broker.append("customers", 0, b"another", None, NOON.time + 400 * DAY)
    await harness.drain()
    assert harness.shard.stream_time == NOON.time
    assert [alert["state"] for alert in harness.alerts()] == ["opened"]


async def test_history_that_was_loaded_is_followed_from_its_own_time(tmp_path):
    harness = Harness(tmp_path, idle_grace_ms=MINUTE)
    await harness.open()
    harness.wall.now = NOON.time + 400 * DAY
    line = NOON.arriving("2026-03-01 12:00").balance("c", 5)
    await harness.handle(line)
    harness.wall.now = line.timestamp + 11 * MINUTE
    harness.shard._last_input = line.timestamp
    await harness.shard._follow_wall_clock()
    assert harness.shard.stream_time == NOON.time + 10 * MINUTE
    await harness.crash()


async def test_a_shard_that_never_saw_an_event_has_no_clock_to_follow(tmp_path):
    harness = Harness(tmp_path, idle_grace_ms=MINUTE)
    await harness.open()
    harness.wall.now += DAY
    await harness.shard._follow_wall_clock()
    assert harness.shard.stream_time == 0
    await harness.crash()


async def test_unreadable_records_do_not_move_the_clock(harness):
    harness.broker.append("balances", 0, b"c", b"{", 4_000_000_000_000)
    await harness.drain()
    assert harness.shard.stream_time == 0


def test_the_wall_clock_is_in_milliseconds():
    assert 1_600_000_000_000 < wall_ms() < 4_102_444_800_000
