"""The broker is killed and comes back on the same data and address."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from conftest import own_settings

from chaos import oracle
from chaos.conftest import Case
from chaos.fleet import Passage, assert_as_expected, fleet, for_chaos
from stream.broker import admin, launcher
from stream.config import load


@pytest.mark.timeout(180)
async def test_a_broker_that_is_killed_while_events_pass_costs_nothing_but_time(
    small: Case, broker_env: dict[str, str], tmp_path: Path
) -> None:
    place = tmp_path / "broker"
    place.mkdir()
    broker = await asyncio.to_thread(launcher.up, load(env={}), data=place, env=broker_env)
    try:
        chaos = for_chaos(own_settings(broker, 1, tmp_path))
        await admin.apply(chaos)
        async with fleet(chaos, tmp_path / "logs") as workers:
            await asyncio.gather(workers.start("a").ready(), workers.start("b").ready())
            passage = Passage(chaos, small.lines, rate=1500)
            for share in (0.2, 0.5):
                await passage.share_taken(share)
                await asyncio.to_thread(launcher.kill, broker)
                await asyncio.to_thread(launcher.restart, broker, env=broker_env)
                await workers.restart_dead()
            await passage.end(within_s=90)
            await assert_as_expected(chaos, small.want)
            assert await workers.restart_dead() == [], "a worker survives a broker that is away for some seconds"
        await oracle.assert_stores_never_lead(chaos)
    finally:
        await asyncio.to_thread(launcher.down, data=place)
