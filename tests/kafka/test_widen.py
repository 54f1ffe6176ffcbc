"""More partitions, as the runbook says: half the events on four, the rest on eight, compared with one quiet run."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from chaos import oracle
from chaos.families import families
from chaos.fleet import for_chaos
from chaos.traffic import closing, traffic
from conftest import PARTITIONS
from support.processes import REPOSITORY, WorkerProcess, churnwatch, environment, eventually
from support.units import DAY, T0

from stream.broker import admin
from stream.broker.clients import client_options
from stream.config import Settings
from stream.engine.log.jsonl import Record
from stream.engine.log.partition import partition_for
from stream.engine.replay import Replay
from stream.ops.widen import run
from stream.ops.widen.family import KEYED, OUTGOING, STATES
from stream.ops.widen.layout import WidenRefused, wider
from stream.ops.widen.run import plan, widen
from stream.produce import produce

pytestmark = pytest.mark.kafka

WIDE = 2 * PARTITIONS
HOUSEHOLDS = 12


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
    """Everything that can stand in a state: traffic, households of which one leaves, an RM who goes in each half.

    So dense that what is sent again comes well within the days for which ids are remembered: at their very end it
    depends on the other customers of a shard whether it is still known.
    """
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


async def read_as(group: str, settings: Settings, at_least: int) -> list[str]:
    """Read alerts as a member of a group, commit, leave, and return their ids."""
    consumer = AIOKafkaConsumer(
        settings.topics.prefix + "alerts",
        **client_options(settings.kafka),
        group_id=group,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    ids: list[str] = []
    await consumer.start()
    try:
        while len(ids) < at_least:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                ids += [orjson.loads(record.value)["alert_id"] for record in records]
        await consumer.commit()
    finally:
        await consumer.stop()
    return ids


def plain(alerts: Counter[bytes]) -> Counter[bytes]:
    """Leave out what a shard reckons from all its customers: who belongs to the top fifth."""
    found: Counter[bytes] = Counter()
    for body, count in alerts.items():
        alert = orjson.loads(body)
        del alert["priority"], alert["rank"]["top_fifth"]
        found[orjson.dumps(alert, option=orjson.OPT_SORT_KEYS)] += count
    return found


def in_order(alerts: Sequence[Any]) -> dict[str, list[str]]:
    """Return each customer's alerts as they come, but for those that another shard's news brought."""
    found: dict[str, list[str]] = defaultdict(list)
    for record in alerts:
        alert = orjson.loads(record.value)
        if alert["kind"] != oracle.HOPPED:
            found[alert["customer_id"]].append(alert["alert_id"])
    return found


def quiet_run(settings: Settings, lines: Sequence[Record]) -> dict[str, list[str]]:
    replay = Replay(settings)
    replay.load(lines)
    return in_order(replay.run().alerts)


def letters(settings_read: Sequence[Any]) -> Counter[Any]:
    return Counter((one.key, one.value, dict(one.headers)["dl_reason"]) for one in settings_read)


async def test_half_the_events_on_four_partitions_and_half_on_eight_give_what_one_quiet_run_gives(
    settings: Settings, wide: Settings, tmp_path: Path
) -> None:
    old, new = for_chaos(settings), for_chaos(wide)
    lines, last = life(), closing(WIDE)
    want = await asyncio.to_thread(oracle.expected, new, [*lines, *last])
    order = await asyncio.to_thread(quiet_run, new, [*lines, *last])
    quarter = len(lines) // 4

    await produce(old, lines[: 2 * quarter])
    await run_through(old, tmp_path / "old.log")
    seen = await read_as("crm", old, 200)
    await produce(old, lines[2 * quarter : 3 * quarter])  # taken by nobody yet
    before = {topic: await oracle.read(old, topic) for topic in (*KEYED, *OUTGOING, STATES)}
    await widen(old, new, ["crm"])
    for topic, records in before.items():
        assert [r.offset for r in await oracle.read(old, topic)] == [r.offset for r in records], topic

    await produce(old, lines[3 * quarter :][:100])  # a producer that goes on for a while
    await widen(old, new, ["crm"])
    await produce(new, lines[3 * quarter :][100:])
    async with WorkerProcess(new, tmp_path / "new.log") as worker:  # its old stores are still there
        await taken(new)
        await produce(new, last)
        await taken(new)
        assert await worker.stop() == 0, worker.tail()

    have = await oracle.found(new)
    assert have.states == want.states
    assert plain(have.alerts) == plain(want.alerts)
    assert have.told == want.told
    assert want.told.total() > 0
    assert have.examples == want.examples
    assert max(have.ids.values()) == 1
    alerts = await oracle.read(new, "alerts")
    assert in_order(alerts) == order
    told = await oracle.read(old, "dead-letters"), await oracle.read(new, "dead-letters")
    due: Counter[Any] = Counter()
    for (key, value, *_, reason, _path), count in want.letters.items():
        due[key, value, reason] += count
    assert letters([*told[0], *told[1]]) == due
    seen += await read_as("crm", new, len(alerts) - len(seen))
    assert Counter(seen) == have.ids
    with pytest.raises(WidenRefused, match="it is in use"):
        await widen(old, new, ["crm"])


FUSED = """
import os, sys
from chaos.entry import arm
arm(os.environ["AT"], int(os.environ["AFTER"]))
from stream.__main__ import main
sys.argv = ["churnwatch", *sys.argv[1:]]
main()
"""


async def killed(settings: Settings, place: str, after: int, *arguments: str) -> int:
    """Have the command kill itself, as SIGKILL would, at a place of a transaction."""
    env = environment(settings) | {"PYTHONPATH": str(REPOSITORY / "tests"), "AT": place, "AFTER": str(after)}
    process = subprocess.Popen(
        [sys.executable, "-c", FUSED, "topics", "widen", *arguments], cwd=REPOSITORY, env=env, stdout=subprocess.DEVNULL
    )
    return await asyncio.to_thread(process.wait, 120)


def content(records: Sequence[Any]) -> dict[bytes | None, list[tuple[Any, ...]]]:
    """Return each key's records in their order."""
    found: dict[bytes | None, list[tuple[Any, ...]]] = defaultdict(list)
    for one in records:
        found[one.key].append((one.value, one.timestamp, tuple(one.headers)))
    return found


async def test_killed_anywhere_and_run_again_it_copies_each_record_once_and_in_order(
    settings: Settings, wide: Settings, tmp_path: Path
) -> None:
    lines = life()[:1500]
    await produce(settings, lines[:1000])
    await run_through(for_chaos(settings), tmp_path / "old.log")
    await produce(settings, lines[1000:])
    arguments = "--to", str(WIDE), "--prefix", wide.topics.prefix, "--yes"
    for place, after in (("offsets", 3), ("send", 7), ("before-commit", 4), ("commit", 5), ("commit", 9)):
        assert await killed(settings, place, after, *arguments) == -signal.SIGKILL
    assert any(mismatch.what == "cleanup.policy" for mismatch in await admin.check(wide)), "no worker starts on half"
    said = await command(settings, *arguments)
    assert "copied and compared" in said
    assert await admin.check(wide) == []

    for topic in (*KEYED, *OUTGOING):
        was, now = await oracle.read(settings, topic), await oracle.read(wide, topic)
        assert content(now) == content(was), topic
        assert all(partition_for(one.key, WIDE) == one.partition for one in now), topic
    was, now = await oracle.found(settings), await oracle.found(wide)
    assert was.states == now.states
    assert await unread(wide) == await unread(settings) > 400


async def test_what_cannot_be_widened_is_refused_with_what_to_do(
    settings: Settings, wide: Settings, tmp_path: Path
) -> None:
    await produce(settings, life()[:200])
    async with WorkerProcess(settings, tmp_path / "w.log") as worker:
        await taken(settings)
        said = await command(settings, "--to", "8", "--prefix", wide.topics.prefix, status=1)
        assert "stop every one of them first" in said
        assert await worker.stop() == 0
    assert "a multiple of the 4" in await command(settings, "--to", "6", "--prefix", "x-", status=1)
    assert "the one in use" in await command(settings, "--to", "8", "--prefix", settings.topics.prefix, status=1)
    with pytest.raises(WidenRefused, match="is its name right"):
        await plan(settings, wide, ["nobody"])

    said = await command(settings, "--to", "8", "--prefix", wide.topics.prefix)
    assert "nothing was done" in said
    assert await admin.found(wide) == {}

    await widen(settings, wide)
    await produce(settings, life()[200:260])
    await run_through(settings, tmp_path / "again.log")
    with pytest.raises(WidenRefused, match="went on with the old layout"):
        await widen(settings, wide)


async def test_who_goes_on_with_the_old_layout_while_it_is_copied_ends_it(
    settings: Settings, wide: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await produce(settings, life()[:50])
    compare = run._verify

    async def meanwhile(*arguments: Any) -> Any:
        async with AIOKafkaProducer(**client_options(settings.kafka)) as producer:
            customer = next(f"c{n}".encode() for n in range(99) if partition_for(f"c{n}".encode(), PARTITIONS) == 0)
            await producer.send_and_wait(settings.topics.prefix + STATES, b"state", key=b"c/" + customer, partition=0)
        return await compare(*arguments)

    monkeypatch.setattr(run, "_verify", meanwhile)
    with pytest.raises(WidenRefused, match="went on with the old layout"):
        await widen(settings, wide)
    assert await admin.check(wide) != [], "no worker starts there"


async def test_topics_that_hold_records_and_states_in_the_wrong_shard_are_refused(
    settings: Settings, wide: Settings
) -> None:
    await admin.apply(wide)
    await produce(wide, life()[:50])
    with pytest.raises(WidenRefused, match="is in use"):
        await widen(settings, wide)

    other = wider(settings, WIDE, settings.topics.prefix + "other-")
    astray = next(f"c{n}" for n in range(99) if partition_for(f"c{n}".encode(), PARTITIONS) != 0)
    producer = AIOKafkaProducer(**client_options(settings.kafka))
    async with producer:
        name = settings.topics.prefix + STATES
        await producer.send_and_wait(name, b"state", key=b"c/" + astray.encode(), partition=0)
    try:
        with pytest.raises(WidenRefused, match="murmur2"):
            await widen(settings, other)
    finally:
        await admin.remove(other)
