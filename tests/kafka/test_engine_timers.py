"""Timers on a real broker: asked for on one worker, due on another, fired once whatever happened between."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import count
from pathlib import Path

import orjson
import pytest
from chaos import oracle
from chaos.fleet import with_engine
from support.processes import WorkerProcess, all_shards_run, eventually
from support.timeline import At, at, records
from support.waiting import TOLD, asks, told

from stream.config import Settings
from stream.engine.log.partition import partition_for
from stream.produce import produce

pytestmark = pytest.mark.kafka


def one_each(settings: Settings, name: str) -> list[str]:
    """Return a customer for every shard."""
    found: dict[int, str] = {}
    for number in count():
        customer = f"{name}{number}"
        found.setdefault(partition_for(customer.encode(), settings.topics.partitions), customer)
        if len(found) == settings.topics.partitions:
            return sorted(found.values())
    raise AssertionError


class Town:
    """Customers who wait, and bystanders of theirs, one of each on every shard."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.sent = settings, 0
        self.waiting, self.bystanders = one_each(settings, "waits"), one_each(settings, "by")

    async def begin(self) -> None:
        await self._send([asks(customer) for customer in self.waiting])

    async def passes(self, moment: At) -> None:
        """Have something happen to the bystanders, and wait until every shard has taken it."""
        await self._send(
            [moment.event("contacts", c, staff_id="s", how="call", result="reached") for c in self.bystanders]
        )

    async def _send(self, lines: list) -> None:
        found = list(records(lines))
        self.sent += len(found)
        await produce(self.settings, found)
        await oracle.until_taken(self.settings, self.sent, 60)

    async def told(self) -> dict[str, list[tuple[str, str, str, str]]]:
        """Return what was told of each of those who wait, as often as it was."""
        alerts = [orjson.loads(record.value) for record in await oracle.read(self.settings, "alerts")]
        assert max(Counter(alert["alert_id"] for alert in alerts).values(), default=1) == 1
        mine = [alert for alert in alerts if alert["customer_id"] in self.waiting]
        return {c: [told(alert) for alert in mine if alert["customer_id"] == c] for c in self.waiting}


@pytest.mark.timeout(280)
async def test_timers_asked_for_on_one_worker_fire_once_on_another_after_a_stop_and_after_a_kill(
    settings: Settings, tmp_path: Path
) -> None:
    settings = with_engine(settings, session_timeout_ms=4000)
    one, two = (with_engine(settings, state_dir=tmp_path / name) for name in ("disc-1", "disc-2"))
    town = Town(settings)
    async with WorkerProcess(two, tmp_path / "2.log") as second:
        async with WorkerProcess(one, tmp_path / "1.log") as first:
            await all_shards_run([first, second])
            await town.begin()
            assert await first.stop() == 0  # a rebalance: the second has all of them
        await eventually(second.running, lambda shards: len(shards) == settings.topics.partitions, 60)
        await town.passes(at("2025-03-20 12:00"))
        assert await town.told() == dict.fromkeys(town.waiting, TOLD[:3])
        async with WorkerProcess(one, tmp_path / "1b.log") as first:  # with a store that is behind
            await all_shards_run([first, second])
            await second.kill()
            await asyncio.gather(
                town.passes(at("2025-04-10 12:00")),
                eventually(first.running, lambda shards: len(shards) == settings.topics.partitions, 60),
            )
            assert await town.told() == dict.fromkeys(town.waiting, TOLD[:4])
            await first.kill()
    async with WorkerProcess(two, tmp_path / "2b.log"):
        await town.passes(at("2025-05-01 12:00"))
        assert await town.told() == dict.fromkeys(town.waiting, TOLD)
