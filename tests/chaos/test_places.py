"""A worker that ends at a chosen place of a batch: after the offsets, the send, before and after the commit."""

from __future__ import annotations

import asyncio
import random
import signal
from pathlib import Path

import pytest

from chaos import oracle
from chaos.conftest import Case
from chaos.entry import BATCH
from chaos.fleet import Fleet, Passage, assert_as_expected, fleet
from stream.config import Settings


async def ends_at(workers: Fleet, place: str, hits: int) -> None:
    """Have worker `a` run until it comes to a place for the n-th time."""
    worker = workers.start("a", CHAOS_EXIT_AT=place, CHAOS_EXIT_AFTER=str(hits))
    ended = await asyncio.wait_for(asyncio.to_thread(worker.process.wait), 40)
    assert ended == -signal.SIGKILL


@pytest.mark.timeout(150)
async def test_a_worker_that_ends_anywhere_in_a_batch_leaves_all_of_it_or_none(
    chaos: Settings, small: Case, tmp_path: Path
) -> None:
    rng = random.Random(3)
    async with fleet(chaos, tmp_path / "logs") as workers:
        passage = Passage(chaos, small.lines, rate=2000)
        for place in BATCH:
            await ends_at(workers, place, rng.randrange(5, 15))
        workers.start("a")
        await passage.end(within_s=60)
        await assert_as_expected(chaos, small.want)
    await oracle.assert_stores_never_lead(chaos)


@pytest.mark.timeout(150)
async def test_nor_does_a_household_hear_of_anything_twice_or_not_at_all(
    chaos: Settings, together: Case, tmp_path: Path
) -> None:
    rng = random.Random(5)
    async with fleet(chaos, tmp_path / "logs") as workers:
        passage = Passage(chaos, together.lines, rate=200, households=together.households)
        for place in BATCH:
            await ends_at(workers, place, rng.randrange(3, 8))
        workers.start("a")
        await passage.end(within_s=60)
        await assert_as_expected(chaos, together.want)
    await oracle.assert_stores_never_lead(chaos)
