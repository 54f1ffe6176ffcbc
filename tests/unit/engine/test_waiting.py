"""Timers of rules survive restarts, lost stores and new owners, and fire once: held against the same without any."""

from __future__ import annotations

import pytest
from support.harness import Harness
from support.timeline import at, every_day, records
from support.waiting import TOLD, asks, told

from stream.engine.log.port import Fenced

DAYS = 60


@pytest.mark.parametrize("every", [1, 7, 34])
@pytest.mark.parametrize("how", ["restart", "store lost", "moved to another worker"])
async def test_each_timer_fires_once_and_at_its_time_whatever_becomes_of_the_shard(tmp_path, how, every):
    """Only somebody else's events move the time on."""
    harness = Harness(tmp_path)
    await harness.open()
    harness.feed(records(asks("c")))
    await harness.drain()
    for number, moment in enumerate(every_day("2025-03-11", DAYS)):
        if number % every == 0:
            await harness.crash(lose_store=how == "store lost")
            # there and back again: the store of the other worker lags behind the changelog by a few days
            moved = how == "moved to another worker" and number % 2
            await harness.open(tmp_path / "other" if moved else None)
        harness.feed(records([moment.passes()]))
        await harness.drain()
    assert [told(alert) for alert in harness.alerts()] == TOLD
    await harness.crash()


async def test_a_shard_that_was_away_while_everything_became_due_says_it_all_once_in_order(tmp_path):
    harness = Harness(tmp_path)
    await harness.open()
    harness.feed(records(asks("c")))
    await harness.drain()
    await harness.crash()
    await harness.open()
    for _ in range(2):
        await harness.shard.advance(at("2025-05-01 08:00").time)
        await harness.crash()
        await harness.open()
    assert [told(alert) for alert in harness.alerts()] == TOLD
    await harness.crash()


async def test_a_timer_that_fired_in_a_batch_that_was_never_committed_fires_again_and_is_told_once(tmp_path):
    harness = Harness(tmp_path)
    await harness.open()
    harness.feed(records(asks("c")))
    await harness.drain()
    one = harness.shard
    other = Harness(tmp_path)
    other.broker = harness.broker
    await other.open(tmp_path / "other")  # fences the first, which does not know
    harness.feed(records([at("2025-05-01 08:00").passes()]))
    await one.fetch(0)
    with pytest.raises(Fenced):
        await one.process()
    await other.drain()
    assert [told(alert) for alert in other.alerts()] == TOLD
    await harness.crash()
    await other.crash()
