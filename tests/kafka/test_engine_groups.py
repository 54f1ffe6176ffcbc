"""Groups and staff across partitions on a real broker: warned exactly once, told everywhere, known after a restart."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest
from chaos import oracle
from chaos.fleet import with_engine
from support.lives.handover import staff
from support.processes import WorkerProcess, all_shards_run, eventually
from support.timeline import At, Line, records

from stream.config import Settings
from stream.engine.log.partition import partition_for
from stream.produce import produce

pytestmark = pytest.mark.kafka

PEOPLE = [f"m{number}" for number in range(8)]


def start() -> At:
    return At((time.time_ns() // 1_000_000) - 20 * 86_400_000)


async def send(settings: Settings, *lines: Any) -> None:
    sent = await produce(settings, list(records(*lines)))
    assert not sent.faults and not sent.refused


async def opened(settings: Settings, kind: str) -> list[str]:
    alerts = [orjson.loads(record.value) for record in await oracle.read(settings, "alerts")]
    return sorted(a["customer_id"] for a in alerts if a["kind"] == kind and a["state"] == "opened")


def shards_of(names: Iterable[str]) -> set[int]:
    return {partition_for(name.encode(), 4) for name in names}


def family(moment: At) -> list[Line]:
    return [moment.plus(minutes=n).profile(name, rm_id="s", household_id="h") for n, name in enumerate(PEOPLE)]


async def test_a_departure_warns_the_household_in_every_partition_once_also_over_a_restart(
    settings: Settings, tmp_path: Path
) -> None:
    assert len(shards_of(PEOPLE)) == 4
    moment = start()
    one, two = (with_engine(settings, instance=f"pod-{n}", session_timeout_ms=4000) for n in (1, 2))
    async with WorkerProcess(one, tmp_path / "1.log") as first, WorkerProcess(two, tmp_path / "2.log") as second:
        await all_shards_run([first, second])
        await send(settings, family(moment))
        await oracle.until_taken(settings, len(PEOPLE), 30)
        await eventually(lambda: oracle.read(settings, "group-signals"), lambda found: len(found) == len(PEOPLE))
    async with WorkerProcess(one, tmp_path / "3.log"), WorkerProcess(two, tmp_path / "4.log"):
        await send(settings, moment.plus(days=3).service("m0", "account_closed"))
        await eventually(lambda: opened(settings, "group_contagion"), lambda found: len(found) >= 7, 40)
        await send(settings, moment.plus(days=4).service("m1", "account_closed"))
        await eventually(lambda: oracle.read(settings, "group-signals"), lambda found: len(found) == 10)
    assert await opened(settings, "group_contagion") == PEOPLE[1:]
    assert len(await oracle.read(settings, "group-warnings")) == 7


async def test_news_of_the_staff_reaches_every_shard_and_is_known_after_a_restart(
    settings: Settings, tmp_path: Path
) -> None:
    settings = with_engine(settings, session_timeout_ms=4000)
    moment = start()
    async with WorkerProcess(settings, tmp_path / "a.log"):
        await send(settings, family(moment), staff(moment.plus(days=2), staff_id="s", status="leave"))
        await eventually(lambda: opened(settings, "rm_handover"), lambda found: len(found) >= 8)
    async with WorkerProcess(settings, tmp_path / "b.log"):
        await send(settings, staff(moment.plus(days=4), staff_id="s", status="active"))

        async def resolved() -> list[str]:
            alerts = [orjson.loads(record.value) for record in await oracle.read(settings, "alerts")]
            return sorted(a["customer_id"] for a in alerts if a["kind"] == "rm_handover" and a["state"] == "resolved")

        assert await eventually(resolved, lambda found: len(found) >= 8) == PEOPLE
    assert await opened(settings, "rm_handover") == PEOPLE
    offsets = await oracle.committed(settings)
    assert not any(partition.topic.endswith("staff") for partition in offsets), "staff is of no group"
