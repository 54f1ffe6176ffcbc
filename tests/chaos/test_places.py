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
from chaos.fleet import Passage, assert_as_expected, fleet
from stream.config import Settings


@pytest.mark.timeout(150)
async def test_a_worker_that_ends_anywhere_in_a_batch_leaves_all_of_it_or_none(
    chaos: Settings, small: Case, tmp_path: Path
) -> None:
    rng = random.Random(3)
    async with fleet(chaos, tmp_path / "logs") as workers:
        passage = Passage(chaos, small.lines, rate=2000)
        for place in BATCH:
            worker = workers.start("a", CHAOS_EXIT_AT=place, CHAOS_EXIT_AFTER=str(rng.randrange(5, 15)))
            ended = await asyncio.wait_for(asyncio.to_thread(worker.process.wait), 30)
            assert ended == -signal.SIGKILL
        workers.start("a")
        await passage.end(within_s=60)
        await assert_as_expected(chaos, small.want)
    await oracle.assert_stores_never_lead(chaos)
