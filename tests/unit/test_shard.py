"""One shard: opening, restoring, clocks, fencing, and what it says of itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from support.harness import Harness, changelog_states
from support.timeline import at, records, steady

from stream.domain.state import decode
from stream.engine import meta
from stream.engine.inherited import ForeignChangelog
from stream.engine.log import Fenced
from stream.engine.shard import wall_ms

NOON = at("2025-03-01 12:00")
MINUTE = 60_000
DAY = 86_400_000


async def handle(harness, *parts):
    harness.feed(records(*parts))
    return await harness.drain()


async def test_a_committed_batch_is_in_log_changelog_and_store(harness):
    await handle(harness, NOON.balance("c", 5), NOON.plus(hours=1).balance("c", 7))
    assert harness.broker.committed == {("balances", 0): 2}
    assert harness.states() == changelog_states(harness.written("state-changelog"))
    assert decode(harness.states()[b"c"]).accounts["a1"].balance == 700
    assert harness.shard.positions["balances"] == 2
    assert harness.shard.stream_time == NOON.time + 60 * MINUTE
    assert harness.shard.peek("c").accounts["a1"].balance == 700
    assert harness.shard.peek("nobody") is None


async def test_no_more_than_a_batch_at_a_time(tmp_path):
    harness = Harness(tmp_path, batch_events=3)
    await harness.open()
    assert await handle(harness, [NOON.plus(minutes=n).balance("c", n) for n in range(8)]) == 3
    assert harness.counted("churnwatch_batch_events_count") == 3
    assert harness.counted("churnwatch_batch_events_sum") == 8
    await harness.crash()


async def test_what_cannot_be_taken_yet_waits_in_the_merge_and_full_topics_are_left(tmp_path):
    harness = Harness(tmp_path, batch_events=2, fetch_records=3)
    await harness.open()
    harness.feed(records([NOON.plus(minutes=n).balance("c", n) for n in range(20)]))
    assert await harness.shard.fetch(0) == 3  # more than a batch waits now: full
    assert await harness.shard.fetch(0) == 0
    await harness.drain()
    assert harness.shard.positions["balances"] == 20
    await harness.crash()


@pytest.mark.parametrize("lose_store", [False, True])
async def test_after_a_crash_it_goes_on_where_it_was_with_or_without_its_store(harness, lose_store):
    await handle(harness, steady("c", 100_000), NOON.forwarding("c", "unconditional", "rival"))
    before, time = harness.states(), harness.shard.stream_time
    await harness.crash(lose_store=lose_store)
    await harness.open()
    assert harness.states() == before
    assert harness.shard.stream_time == time
    assert harness.shard.positions["balances"] == 60
    await handle(harness, NOON.plus(hours=1).forwarding("c", "inactive"))
    assert [alert["state"] for alert in harness.alerts()] == ["opened", "resolved"]
    restored = harness.counted("churnwatch_restored_states_total")
    assert restored == (1 if lose_store else 0)


async def test_another_groups_changelog_is_refused_with_what_to_do(harness):
    await handle(harness, NOON.balance("c", 5))
    await harness.crash()
    harness.options = replace(harness.options, group="ours")  # what an older build wrote names no group
    await harness.open()
    await handle(harness, NOON.plus(hours=1).balance("c", 6))
    await harness.crash()
    harness.options = replace(harness.options, group="another")
    with pytest.raises(ForeignChangelog, match=r"not of another: give this group topics of its own \(topics.prefix\)"):
        await harness.open()


async def test_only_the_tail_of_the_changelog_is_read_when_the_store_lags(harness, tmp_path):
    await handle(harness, NOON.balance("c", 5))
    await harness.crash()
    other = tmp_path / "another-worker"
    await harness.open(other)
    await handle(harness, NOON.plus(hours=1).balance("c", 7))
    await harness.crash()
    before = harness.counted("churnwatch_restored_states_total")
    await harness.open()
    assert harness.counted("churnwatch_restored_states_total") - before == 1
    assert harness.shard.peek("c").accounts["a1"].balance == 700
    assert harness.counted("churnwatch_restore_progress_ratio", shard="0") == 1


async def test_a_customer_forgotten_while_the_store_was_away_is_forgotten(harness, tmp_path):
    await handle(harness, NOON.balance("c", 5))
    await harness.crash()
    await harness.open(tmp_path / "another-worker")
    await handle(harness, NOON.plus(hours=1).forget("c"))
    await harness.crash()
    await harness.open()
    assert harness.states() == {}


async def test_a_store_that_was_away_too_long_is_wiped_and_restored(harness, tmp_path):
    await handle(harness, NOON.balance("c", 5), NOON.balance("d", 5))
    await harness.crash()
    await harness.open(tmp_path / "another-worker")
    await handle(harness, NOON.plus(hours=1).forget("c"), NOON.plus(hours=1).balance("d", 6))
    await harness.crash()
    changelog = harness.written("state-changelog")
    for n, record in enumerate(changelog):
        if record.key == b"c/c":  # compacted: the tombstone is gone with what it hid
            changelog[n] = type(record)(n, 0, b"m/compacted", b"")
    harness.wall.now += harness.options.store_max_age_ms + 1
    await harness.open()
    assert list(harness.states()) == [b"d"]


async def test_a_store_that_is_up_to_date_is_kept_however_long_it_was_away(harness):
    await handle(harness, NOON.balance("c", 5))
    await harness.crash()
    harness.wall.now += 10 * harness.options.store_max_age_ms
    await harness.open()
    assert harness.counted("churnwatch_restored_states_total") == 0
    assert list(harness.states()) == [b"c"]


@pytest.mark.parametrize("case", ["ahead of the end", "before the start"])
async def test_a_store_that_does_not_fit_the_changelog_is_wiped(harness, case, monkeypatch):
    await handle(harness, NOON.balance("c", 5))
    await handle(harness, NOON.balance("d", 5))
    await harness.crash()
    changelog = harness.written("state-changelog")
    if case == "ahead of the end":
        del changelog[2:]
    else:
        opening = type(harness.log).open

        async def from_later(log):
            found = await opening(log)
            return type(found)(found.committed, found.changelog_end, found.changelog_end)

        monkeypatch.setattr(type(harness.log), "open", from_later)
        changelog.append(type(changelog[0])(len(changelog), 0, b"m/x", b""))
    await harness.open()
    assert set(harness.states()) == ({b"c"} if case == "ahead of the end" else set())


async def test_the_positions_logged_with_the_states_win_over_committed_ones_that_lag(harness):
    await handle(harness, NOON.balance("c", 5), NOON.plus(hours=1).balance("c", 7))
    await harness.crash()
    harness.broker.committed["balances", 0] = 1
    await harness.open()
    assert harness.shard.positions["balances"] == 2
    assert await harness.drain() == 0


async def test_committed_offsets_that_an_operator_moved_ahead_win(harness):
    await handle(harness, NOON.balance("c", 5))
    harness.feed(records(NOON.plus(hours=1).balance("c", 6), NOON.plus(hours=2).balance("c", 7)))
    await harness.crash()
    harness.broker.committed["balances", 0] = 2
    await harness.open()
    await harness.drain()
    assert harness.shard.peek("c").accounts["a1"].balance == 700
    assert harness.shard.peek("c").newest == NOON.time + 120 * MINUTE


async def test_the_first_start_asks_from_when_warnings_may_open_and_later_ones_remember(tmp_path):
    asked = []

    async def opens_from():
        asked.append(1)
        return NOON.time

    harness = Harness(tmp_path, opens_from=opens_from)
    await harness.open()
    await handle(harness, NOON.plus(hours=-1).complaint("c", "k1", severity="high"))
    await harness.crash()
    await harness.open()
    await handle(harness, NOON.complaint("d", "k2", severity="high"))
    assert [alert["customer_id"] for alert in harness.alerts()] == ["d"]
    assert harness.counted("churnwatch_suppressed_total", stage="backfill") == 1
    assert asked == [1]
    await harness.crash()


async def test_a_fenced_owner_commits_nothing_more(harness, tmp_path):
    await handle(harness, NOON.balance("c", 5))
    old = harness.shard
    await harness.open(tmp_path / "new")
    harness.feed(records(NOON.plus(hours=1).balance("c", 7)))
    await old.fetch(0)
    with pytest.raises(Fenced):
        await old.process()
    assert old.peek("c").accounts["a1"].balance == 500  # its store has nothing that was not committed
    assert await harness.drain() == 1
    assert harness.shard.peek("c").accounts["a1"].balance == 700
    await old.close()


async def test_timers_fire_before_the_event_that_passes_them(harness):
    await handle(harness, NOON.forwarding("c", "unconditional", "rival"))
    await handle(harness, NOON.plus(days=30).forwarding("c", "unconditional", "rival", "+8688"))
    assert [alert["state"] for alert in harness.alerts()] == ["opened", "expired", "opened"]


async def test_it_is_brought_to_a_time_and_never_back(harness):
    await handle(harness, NOON.forwarding("c", "unconditional", "rival"))
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
    await handle(harness, NOON.forwarding("c", "unconditional", "rival"))
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
    await handle(harness, NOON.forwarding("c", "unconditional", "rival"))
    await harness.crash(lose_store=True)
    await harness.open()
    harness.wall.now = NOON.time + 30 * DAY + MINUTE
    await harness.shard._follow_wall_clock()
    assert [alert["state"] for alert in harness.alerts()] == ["opened", "expired"]
    await harness.crash()


async def test_to_forget_somebody_does_not_move_the_clock(harness):
    await handle(harness, NOON.forwarding("c", "unconditional", "rival"))
    harness.broker.append("customers", 0, b"another", None, NOON.time + 400 * DAY)
    await harness.drain()
    assert harness.shard.stream_time == NOON.time
    assert [alert["state"] for alert in harness.alerts()] == ["opened"]


async def test_history_that_was_loaded_is_followed_from_its_own_time(tmp_path):
    harness = Harness(tmp_path, idle_grace_ms=MINUTE)
    await harness.open()
    harness.wall.now = NOON.time + 400 * DAY
    line = NOON.arriving("2026-03-01 12:00").balance("c", 5)
    await handle(harness, line)
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


async def test_its_pulse_says_that_work_waits_and_beats_when_it_is_done(harness):
    pulse = harness.shard.pulse
    assert pulse.work == ""
    harness.feed(records(NOON.balance("c", 5)))
    await harness.shard.fetch(0)
    assert pulse.work == "records wait"
    before = pulse.beats
    await harness.shard.process()
    assert (pulse.beats, pulse.work) == (before + 1, "")
    await harness.shard.process()
    assert pulse.beats == before + 1, "nothing was done"


async def test_work_stays_in_the_pulse_of_a_batch_that_does_not_end(harness, monkeypatch):
    pulse = harness.shard.pulse
    harness.feed(records(NOON.balance("c", 5)))
    await harness.shard.fetch(0)
    monkeypatch.setattr(harness.log, "commit", lambda output: asyncio.Event().wait())
    stuck = asyncio.create_task(harness.shard.process())
    await asyncio.sleep(0)
    assert (pulse.work, len(harness.shard._merge)) == ("a batch is under way", 0)
    stuck.cancel()


async def test_what_is_dead_lettered_is_logged_with_its_place_and_without_its_customer(harness, caplog):
    harness.broker.append("balances", 0, b"customer-7", b"{", 1)
    harness.broker.append("balances", 0, b"customer-8", b"{", 1)
    await harness.drain()
    (line,) = [each for each in caplog.records if each.name == "stream.engine.tally"]
    assert (line.levelname, line.getMessage()) == ("WARNING", "dead letters from balances: not-json")
    assert (line.shard, line.offset, line.count, line.path) == (0, 0, 2, "$")
    assert "customer-" not in str(vars(line))


async def test_alerts_are_logged_by_their_ids_at_debug_only(harness, caplog):
    await handle(harness, steady("c", 100_000), NOON.forwarding("c", "unconditional", "rival"))
    assert not caplog.records
    with caplog.at_level("DEBUG", logger="stream.engine.tally"):
        await handle(harness, NOON.plus(hours=1).forwarding("c", "inactive"))
    (line,) = [each for each in caplog.records if each.name == "stream.engine.tally"]
    assert (line.state, line.kind, line.shard) == ("resolved", "call_forwarding_off_net", 0)
    assert line.alert_id == harness.alerts()[-1]["alert_id"]


async def test_the_gauges_say_where_it_stands(harness):
    await handle(harness, NOON.balance("c", 5), NOON.balance("d", 5))
    harness.feed(records(NOON.plus(hours=1).balance("c", 7)))
    harness.store.flush()
    harness.shard.report()
    assert harness.counted("churnwatch_lag_records", topic="balances", shard="0") == 1
    assert harness.counted("churnwatch_lag_records", topic="customers", shard="0") == 0
    assert harness.counted("churnwatch_stream_timestamp_seconds", shard="0") == NOON.time / 1000
    assert harness.counted("churnwatch_states", shard="0") >= 2
    assert harness.counted("churnwatch_state_bytes", shard="0") > 0


async def test_what_was_handled_is_counted(harness):
    await handle(harness, NOON.complaint("c", "k", severity="high"), NOON.plus(days=31).passes())
    assert harness.counted("churnwatch_events_total", topic="complaints", result="handled") == 1
    assert harness.counted("churnwatch_alerts_total", kind="serious_complaint", severity="high", state="opened") == 1
    assert harness.counted("churnwatch_timers_fired_total") >= 1
    assert harness.counted("churnwatch_end_to_end_seconds_count") >= 1
    for phase in ("step", "transaction", "store"):
        assert harness.counted("churnwatch_batch_phase_seconds_count", phase=phase) >= 1


async def test_the_loop_runs_until_it_is_cancelled_and_holds_still_between_batches(harness):
    running = asyncio.create_task(harness.shard.run())
    harness.feed(records([NOON.plus(minutes=n).balance("c", n) for n in range(5)]))
    async with asyncio.timeout(20):
        while harness.shard.positions.get("balances") != 5:
            await asyncio.sleep(0)
    await harness.shard.hold()
    harness.feed(records(NOON.plus(hours=9).balance("c", 9)))
    for _ in range(50):
        await asyncio.sleep(0)
    assert harness.shard.positions["balances"] == 5
    harness.shard.release()
    async with asyncio.timeout(20):
        while harness.shard.positions["balances"] != 6:
            await asyncio.sleep(0)
    await harness.shard.hold()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    harness.shard.release()


async def test_a_closed_shard_does_not_run(harness):
    assert harness.shard.running
    await harness.crash()
    assert not harness.shard.running


def test_the_wall_clock_is_in_milliseconds():
    assert 1_600_000_000_000 < wall_ms() < 4_102_444_800_000


async def test_neighbours_get_their_turn_within_a_large_batch(harness):
    harness.feed(records([NOON.plus(minutes=n).balance("c", n) for n in range(3_000)]))
    turns = []

    async def neighbour():
        while True:
            turns.append(harness.shard.positions.get("balances", 0))
            await asyncio.sleep(0)

    other = asyncio.create_task(neighbour())
    await harness.shard.fetch(0)
    fetched = len(turns)
    await harness.shard.process()
    other.cancel()
    assert fetched > 3
    assert len(turns) - fetched > 3
    assert harness.shard.positions["balances"] == 3_000
