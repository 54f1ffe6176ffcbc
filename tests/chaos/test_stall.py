"""A worker that is frozen past its session wakes when others have its shards."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from support.processes import eventually

from chaos import oracle
from chaos.conftest import Case
from chaos.fleet import Passage, assert_as_expected, fleet
from stream.config import Settings


@pytest.mark.timeout(120)
async def test_a_stalled_worker_that_wakes_after_its_shards_moved_does_no_harm_and_works_again(
    chaos: Settings, small: Case, tmp_path: Path
) -> None:
    every = {0, 1, 2, 3}
    async with fleet(chaos, tmp_path / "logs", static=False) as workers:
        stalled, other = await asyncio.gather(workers.start("a").ready(), workers.start("b").ready())
        passage = Passage(chaos, small.lines, rate=1500)
        for share in (0.1, 0.5):
            await passage.share_taken(share)
            stalled.stall()
            await eventually(other.running, lambda shards: shards == every)
            stalled.wake()
            await passage.share_taken(share + 0.1)
            await workers.restart_dead()  # ending is an answer too: then it is started again
            stalled = workers.workers["a"]
            await eventually(stalled.running, lambda shards: len(shards) == 2)
        await passage.end(within_s=60)
        await assert_as_expected(chaos, small.want)
    await oracle.assert_stores_never_lead(chaos)
