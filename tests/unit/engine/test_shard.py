"""One shard: batches, opening, restoring, fencing, and its loop."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from support.harness import Harness, changelog_states
from support.timeline import at, records, steady

from stream.codec import Codec
from stream.domain.state import decode
from stream.engine.log.port import Fenced
from stream.engine.store.inherited import ForeignChangelog

NOON = at("2025-03-01 12:00")
MINUTE = 60_000


async def test_a_committed_batch_is_in_log_changelog_and_store(harness):
    await harness.handle(NOON.balance("c", 5), NOON.plus(hours=1).balance("c", 7))
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
    assert await harness.handle([NOON.plus(minutes=n).balance("c", n) for n in range(8)]) == 3
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
    await harness.handle(steady("c", 100_000), NOON.forwarding("c", "unconditional", "rival"))
    before, time = harness.states(), harness.shard.stream_time
    await harness.crash(lose_store=lose_store)
    await harness.open()
    assert harness.states() == before
    assert harness.shard.stream_time == time
    assert harness.shard.positions["balances"] == 60
    await harness.handle(NOON.plus(hours=1).forwarding("c", "inactive"))
    assert [alert["state"] for alert in harness.alerts()] == ["opened", "resolved"]
    restored = harness.counted("churnwatch_restored_states_total")
    assert restored == (1 if lose_store else 0)


async def test_another_groups_changelog_is_refused_with_what_to_do(harness):
    await harness.handle(NOON.balance("c", 5))
    await harness.crash()
    harness.options = replace(harness.options, group="ours")  # what an older build wrote names no group
    await harness.open()
    await harness.handle(NOON.plus(hours=1).balance("c", 6))
    await harness.crash()
    harness.options = replace(harness.options, group="another")
    with pytest.raises(ForeignChangelog, match=r"not of another: give this group topics of its own \(topics.prefix\)"):
        await harness.open()


async def test_only_the_tail_of_the_changelog_is_read_when_the_store_lags(harness, tmp_path):
    await harness.handle(NOON.balance("c", 5))
    await harness.crash()
    other = tmp_path / "another-worker"
    await harness.open(other)
    await harness.handle(NOON.plus(hours=1).balance("c", 7))
    await harness.crash()
    before = harness.counted("churnwatch_restored_states_total")
    await harness.open()
    assert harness.counted("churnwatch_restored_states_total") - before == 1
    assert harness.shard.peek("c").accounts["a1"].balance == 700
    assert harness.counted("churnwatch_restore_progress_ratio", shard="0") == 1


async def test_a_customer_forgotten_while_the_store_was_away_is_forgotten(harness, tmp_path):
    await harness.handle(NOON.balance("c", 5))
    await harness.crash()
    await harness.open(tmp_path / "another-worker")
    await harness.handle(NOON.plus(hours=1).forget("c"))
    await harness.crash()
    await harness.open()
    assert harness.states() == {}


async def test_a_store_that_was_away_too_long_is_wiped_and_restored(harness, tmp_path):
    await harness.handle(NOON.balance("c", 5), NOON.balance("d", 5))
    await harness.crash()
    await harness.open(tmp_path / "another-worker")
    await harness.handle(NOON.plus(hours=1).forget("c"), NOON.plus(hours=1).balance("d", 6))
    await harness.crash()
    changelog = harness.written("state-changelog")
    for n, record in enumerate(changelog):
        if record.key == b"c/c":  # compacted: the tombstone is gone with what it hid
            changelog[n] = type(record)(n, 0, b"m/compacted", b"")
    harness.wall.now += harness.options.store_max_age_ms + 1
    await harness.open()
    assert list(harness.states()) == [b"d"]


async def test_a_store_that_is_up_to_date_is_kept_however_long_it_was_away(harness):
    await harness.handle(NOON.balance("c", 5))
    await harness.crash()
    harness.wall.now += 10 * harness.options.store_max_age_ms
    await harness.open()
    assert harness.counted("churnwatch_restored_states_total") == 0
    assert list(harness.states()) == [b"c"]


@pytest.mark.parametrize("case", ["ahead of the end", "before the start"])
async def test_a_store_that_does_not_fit_the_changelog_is_wiped(harness, case, monkeypatch):
    await harness.handle(NOON.balance("c", 5))
    await harness.handle(NOON.balance("d", 5))
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
    await harness.handle(NOON.balance("c", 5), NOON.plus(hours=1).balance("c", 7))
    await harness.crash()
    harness.broker.committed["balances", 0] = 1
    await harness.open()
    assert harness.shard.positions["balances"] == 2
    assert await harness.drain() == 0


async def test_committed_offsets_that_an_operator_moved_ahead_win(harness):
    await harness.handle(NOON.balance("c", 5))
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
    await harness.handle(NOON.plus(hours=-1).complaint("c", "k1", severity="high"))
    await harness.crash()
    await harness.open()
    await harness.handle(NOON.complaint("d", "k2", severity="high"))
    assert [alert["customer_id"] for alert in harness.alerts()] == ["d"]
    assert harness.counted("churnwatch_suppressed_total", stage="backfill") == 1
    assert asked == [1]
    await harness.crash()


async def test_a_fenced_owner_commits_nothing_more(harness, tmp_path):
    await harness.handle(NOON.balance("c", 5))
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


async def test_neighbours_get_their_turn_within_a_large_batch(harness, monkeypatch):
    harness.feed(records([NOON.plus(minutes=n).balance("c", n) for n in range(3_000)]))
    turns, read, plain = [], [], Codec.decode
    monkeypatch.setattr(Codec, "decode", lambda *given: read.append(len(turns)) or plain(*given))

    async def neighbour():
        while True:
            turns.append(harness.shard.positions.get("balances", 0))
            await asyncio.sleep(0)

    other = asyncio.create_task(neighbour())
    await harness.shard.fetch(0)
    fetched = len(turns)
    assert len(read) == 1, "to fetch reads nothing but the first, which keeps nobody waiting"
    await harness.shard.process()
    other.cancel()
    assert len(turns) - fetched >= 3_000 // 200 - 1
    assert len(read) == 3_000
    assert len(set(read)) > 3, "nor is everything read in one turn"
    assert harness.shard.positions["balances"] == 3_000
