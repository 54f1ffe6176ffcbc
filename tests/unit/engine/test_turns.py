"""Shards take turns, and none waits for ever."""

from __future__ import annotations

import asyncio

import pytest

from stream.engine.shard.turns import Turns


async def _most(turns: Turns, shards: int) -> int:
    inside = most = 0

    async def shard() -> None:
        nonlocal inside, most
        async with turns.turn():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(shard() for _ in range(shards)))
    return most


@pytest.mark.parametrize("at_once", [1, 3])
async def test_no_more_than_so_many_at_once(at_once: int) -> None:
    assert await _most(Turns(at_once, patience_s=60), shards=9) == at_once


async def test_one_that_hangs_holds_nobody_up() -> None:
    turns = Turns(1, patience_s=0.01)
    async with turns.turn(), asyncio.timeout(5), turns.turn():
        pass
    assert await _most(turns, shards=4) == 1, "who went on without a turn gave one back"


async def test_a_fault_gives_the_turn_back() -> None:
    turns = Turns(1, patience_s=60)
    with pytest.raises(RuntimeError, match="of a batch"):
        async with turns.turn():
            raise RuntimeError("of a batch")
    async with asyncio.timeout(5), turns.turn():
        pass


async def test_a_shard_cancelled_while_it_waits_takes_no_turn_along() -> None:
    turns = Turns(1, patience_s=60)
    async with turns.turn():
        waits = asyncio.create_task(_most(turns, shards=1))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waits.cancel()
        await asyncio.gather(waits, return_exceptions=True)
    assert await _most(turns, shards=4) == 1
