"""A broker that is still loading the group: it names no offset, and nothing is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from chaos import oracle
from chaos.fleet import TrickedWorker
from support.processes import WorkerProcess
from support.timeline import at, records

from stream.config import Settings
from stream.ops import group
from stream.produce import produce

pytestmark = pytest.mark.kafka

NOON = at("2026-03-01 12:00")
PEOPLE = [f"c{number}" for number in range(16)]
REFUSALS = 3


async def send(settings: Settings, hour: int) -> None:
    lines = records([NOON.plus(hours=hour, minutes=n).balance(name, 5) for n, name in enumerate(PEOPLE)])
    sent = await produce(settings, list(lines))
    assert sent.total == len(PEOPLE) and not sent.faults


async def test_a_group_that_is_being_loaded_is_not_taken_for_one_without_offsets(
    settings: Settings, tmp_path: Path
) -> None:
    await send(settings, 0)
    async with WorkerProcess(settings, tmp_path / "first.log") as worker:
        await oracle.until_taken(settings, len(PEOPLE), 30)
        assert await worker.stop() == 0
    before = await oracle.positions(settings)

    async with TrickedWorker(settings, tmp_path / "second.log", {"CHAOS_LOADING": str(REFUSALS)}) as worker:
        assert await oracle.positions(settings) == before, "nothing was settled anew"
        await send(settings, 1)
        await oracle.until_taken(settings, 2 * len(PEOPLE), 30)
        assert await worker.stop() == 0
    assert "offsets known after" in worker.said
    assert "initial positions committed" not in worker.said
    assert sum(place.lag for place in await group.places(settings) if place.topic == "balances") == 0
    assert len((await oracle.found(settings)).states) == len(PEOPLE)
