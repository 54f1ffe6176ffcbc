"""More partitions, as the runbook says: half the events on four, the rest on eight, compared with one quiet run."""

from __future__ import annotations

import asyncio
import subprocess
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import TopicPartition
from chaos import oracle
from chaos.families import families
from chaos.fleet import for_chaos
from chaos.traffic import closing, traffic
from conftest import PARTITIONS
from support.processes import WorkerProcess, churnwatch, eventually
from support.units import DAY, T0

from stream.broker import admin
from stream.config import Settings
from stream.engine.jsonl import Record
from stream.ops.widen.family import KEYED
from stream.ops.widen.layout import wider
from stream.ops.widen.run import widen
from stream.produce import produce

pytestmark = pytest.mark.kafka

WIDE = 2 * PARTITIONS
HOUSEHOLDS = 20


@pytest.fixture
async def wide(settings: Settings) -> AsyncIterator[Settings]:
    """The settings of the wider layout; its topics are deleted afterwards."""
    new = wider(settings, WIDE, settings.topics.prefix + "wide-")
    yield new
    await admin.remove(new)


def staff(number: int, time: int, **fields: Any) -> Record:
    value = {"event_id": f"staff-{number}", "staff_id": f"rm{number}", "time": time, **fields}
    return Record(number, "staff", f"rm{number}".encode(), time, orjson.dumps(value))


def life() -> list[Record]:
    """Everything that can stand in a state: traffic, households of which one leaves, an RM who goes in each half."""
    lines = [*traffic(6_000, 200, seed=9), *families(HOUSEHOLDS, seed=4)]
    lines += [staff(3, T0 + 20 * DAY, status="left"), staff(5, T0 + 70 * DAY, status="left")]
    return sorted(lines, key=lambda line: line.timestamp)


async def unread(settings: Settings) -> int:
    """Return how many records the group has still to take: offsets alone do not tell, markers of transactions do."""
    at = await oracle.committed(settings)
    records = [record for topic in KEYED for record in await oracle.read(settings, topic)]
    return sum(record.offset >= at[TopicPartition(record.topic, record.partition)] for record in records)


async def taken(settings: Settings) -> None:
    """Return when the group has taken all there is, what shards told each other too."""
    await eventually(lambda: unread(settings), lambda count: count == 0, 60)


async def run_through(settings: Settings, log: Path) -> None:
    async with WorkerProcess(settings, log) as worker:
        await taken(settings)
        assert await worker.stop() == 0, worker.tail()


async def command(settings: Settings, *arguments: str, status: int = 0) -> str:
    process = churnwatch(settings, "topics", "widen", *arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said, _ = await asyncio.to_thread(process.communicate, timeout=120)
    assert process.returncode == status, said.decode()
    return said.decode()


def by_customer(alerts: Sequence[Any]) -> dict[bytes, list[str]]:
    found: dict[bytes, list[str]] = defaultdict(list)
    for record in alerts:
        found[record.key].append(orjson.loads(record.value)["alert_id"])
    return found


async def test_half_the_events_on_four_partitions_and_half_on_eight_give_what_one_quiet_run_gives(
    settings: Settings, wide: Settings, tmp_path: Path
) -> None:
    old, new = for_chaos(settings), for_chaos(wide)
    lines, last = life(), closing(WIDE)
    want = await asyncio.to_thread(oracle.expected, new, [*lines, *last])
    quarter = len(lines) // 4

    await produce(old, lines[: 2 * quarter])
    await run_through(old, tmp_path / "old.log")
    await produce(old, lines[2 * quarter : 3 * quarter])  # taken by nobody yet
    await widen(old, new)
    await produce(old, lines[3 * quarter :][:100])  # a producer that goes on for a while
    await widen(old, new)
    await produce(new, lines[3 * quarter :][100:])
    async with WorkerProcess(new, tmp_path / "new.log") as worker:  # its old stores are still there
        await taken(new)
        await produce(new, last)
        await taken(new)
        assert await worker.stop() == 0, worker.tail()

    have = await oracle.found(new)
    print(oracle.difference(want, have))
    for a, b in zip(sorted(want.alerts - have.alerts), sorted(have.alerts - want.alerts)):
        x, y = orjson.loads(a), orjson.loads(b)
        print({k: (x.get(k), y.get(k)) for k in x.keys() | y.keys() if x.get(k) != y.get(k)})
    assert 0
