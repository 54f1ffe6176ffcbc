"""Workers that come and go in good order while events pass."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from support.processes import WorkerProcess, all_shards_run

from chaos import oracle
from chaos.conftest import Case
from chaos.fleet import Passage, assert_as_expected, fleet
from stream.config import Settings


async def stopped_soon(worker: WorkerProcess) -> None:
    asked = time.monotonic()
    assert await worker.stop() == 0, worker.tail()
    assert time.monotonic() - asked < 15, worker.tail()


@pytest.mark.timeout(120)
async def test_workers_that_join_and_leave_hand_their_shards_over_unharmed(
    chaos: Settings, small: Case, tmp_path: Path
) -> None:
    async with fleet(chaos, tmp_path / "logs", static=False) as workers:
        first = await workers.start("a").ready()
        passage = Passage(chaos, small.lines, rate=1500)
        await passage.share_taken(0.1)
        second = await workers.start("b").ready()
        third = await workers.start("c").ready()
        await all_shards_run([first, second, third])
        await passage.share_taken(0.5)
        await stopped_soon(workers.workers.pop("a"))
        await all_shards_run([second, third])
        await passage.end(within_s=60)
        await assert_as_expected(chaos, small.want)
        for name in ("b", "c"):
            await stopped_soon(workers.workers.pop(name))
    await oracle.assert_stores_never_lead(chaos)
