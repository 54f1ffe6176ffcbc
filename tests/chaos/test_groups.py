"""What shards tell each other of their groups, while their workers are killed: each warning once, none lost."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from conftest import PARTITIONS
from support.processes import eventually

from chaos import oracle
from chaos.conftest import Case
from chaos.entry import BATCH
from chaos.families import MEMBERS, families
from chaos.fleet import Passage, assert_as_expected, fleet, moments
from chaos.traffic import closing
from stream.config import Settings, load
from stream.topics import HOPS

HOUSEHOLDS = 400


@pytest.fixture(scope="module")
def households() -> Case:
    """Households of five, from each of which one leaves."""
    settings = load(env={})
    settings = settings.model_copy(update={"topics": settings.topics.model_copy(update={"partitions": PARTITIONS})})
    lines = families(HOUSEHOLDS)
    want = oracle.expected(settings, [*lines, *closing(PARTITIONS)])
    assert want.told.total() == HOUSEHOLDS * (MEMBERS - 1)
    return Case(lines, want)


async def all_told(settings: Settings) -> None:
    """Return when every departure has been told to every member, and every member has heard of it."""
    sent = HOUSEHOLDS * (MEMBERS + 1), HOUSEHOLDS * (MEMBERS - 1)

    async def there() -> tuple[int, ...]:
        return tuple([len(await oracle.read(settings, topic)) for topic in HOPS])

    await eventually(there, lambda found: found >= sent, 60)
    await eventually(lambda: oracle.told(settings), lambda found: found >= sent[1], 60)


@pytest.mark.timeout(240)
async def test_workers_killed_while_households_are_told_warn_each_member_once(
    chaos: Settings, households: Case, tmp_path: Path
) -> None:
    rng = random.Random(11)
    async with fleet(chaos, tmp_path / "logs") as workers:
        await asyncio.gather(workers.start("a").ready(), workers.start("b").ready())
        passage = Passage(chaos, households.lines, rate=800)
        for moment in moments(11, 5):
            await passage.share_taken(moment)
            name = rng.choice("ab")
            await workers.kill(name)
            workers.start(name)
        await passage.share_taken(1)
        await all_told(chaos)
        await passage.end(within_s=60)
        await assert_as_expected(chaos, households.want)
    await oracle.assert_stores_never_lead(chaos)


@pytest.mark.timeout(240)
async def test_a_worker_that_ends_anywhere_in_a_batch_with_hops_leaves_all_of_it_or_none(
    chaos: Settings, households: Case, tmp_path: Path
) -> None:
    rng = random.Random(5)
    async with fleet(chaos, tmp_path / "logs") as workers:
        passage = Passage(chaos, households.lines, rate=400)
        for place in BATCH:
            worker = workers.start("a", CHAOS_EXIT_AT=place, CHAOS_EXIT_AFTER=str(rng.randrange(5, 15)))
            await asyncio.wait_for(asyncio.to_thread(worker.process.wait), 40)
        workers.start("a")
        await passage.share_taken(1)
        await all_told(chaos)
        await passage.end(within_s=60)
        await assert_as_expected(chaos, households.want)
    await oracle.assert_stores_never_lead(chaos)
