"""SIGKILL at random moments: no state wrong, no alert lost or doubled."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from chaos import oracle
from chaos.conftest import Case
from chaos.fleet import Passage, assert_as_expected, fleet, moments
from stream.config import Settings


@pytest.mark.timeout(180)
async def test_workers_killed_at_random_while_events_pass_leave_what_one_undisturbed_run_leaves(
    chaos: Settings, small: Case, tmp_path: Path
) -> None:
    async with fleet(chaos, tmp_path / "logs") as workers:
        await asyncio.gather(workers.start("a").ready(), workers.start("b").ready())
        passage = Passage(chaos, small.lines, rate=1000)
        await workers.kill_at(moments(7, 7), passage, random.Random(7))
        await passage.end(within_s=90)
        await assert_as_expected(chaos, small.want)
    await oracle.assert_stores_never_lead(chaos)


@pytest.mark.timeout(180)
async def test_workers_killed_while_households_are_told_warn_each_member_once(
    chaos: Settings, together: Case, tmp_path: Path
) -> None:
    async with fleet(chaos, tmp_path / "logs") as workers:
        await asyncio.gather(workers.start("a").ready(), workers.start("b").ready())
        passage = Passage(chaos, together.lines, rate=400, households=together.households, known=True)
        await workers.kill_at(moments(11, 4), passage, random.Random(11))
        await passage.end(within_s=60)
        await assert_as_expected(chaos, together.want)
    await oracle.assert_stores_never_lead(chaos)


@pytest.mark.timeout(120)
async def test_killed_for_good_its_shards_go_to_the_other_worker(chaos: Settings, small: Case, tmp_path: Path) -> None:
    async with fleet(chaos, tmp_path / "logs", static=False) as workers:
        await asyncio.gather(workers.start("a").ready(), workers.start("b").ready())
        passage = Passage(chaos, small.lines, rate=2500)
        await passage.share_taken(0.3)
        await workers.kill("a")
        await passage.end(within_s=60)
        assert await workers.workers["b"].running() == {0, 1, 2, 3}
        await assert_as_expected(chaos, small.want)
    await oracle.assert_stores_never_lead(chaos)
