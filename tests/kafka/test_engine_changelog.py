"""A shard's store and its changelog: empty, compacted, behind, ahead, away too long; a customer who is forgotten."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

import orjson
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from chaos import oracle
from chaos.fleet import with_engine
from chaos.owner import Owner
from support.units import DAY, T0

from stream.broker import admin
from stream.broker.clients import client_options
from stream.config import Settings
from stream.engine.log.jsonl import Record
from stream.engine.store.inherited import ChangelogLost
from stream.engine.store.rocks import STATE, Store
from stream.ops import group
from stream.produce import produce

pytestmark = pytest.mark.kafka


def contact(customer: str, number: int) -> Record:
    event = {"event_id": f"n{number}", "customer_id": customer, "time": T0 + number * 60_000, "staff_id": "s"}
    value = orjson.dumps(event | {"how": "call", "result": "reached"})
    return Record(number, "contacts", customer.encode(), T0, value)


def forget(customer: str) -> Record:
    return Record(0, "customers", customer.encode(), T0, None)


async def take(settings: Settings, folder: Path, *lines: Record) -> dict[bytes, bytes]:
    """Have an owner take the lines with its store in `folder`, let go, and return what the store then holds."""
    before = sum((await oracle.positions(settings)).values())
    owner = Owner(settings, folder)
    try:
        await asyncio.wait_for(owner.open(), 20)
        await produce(settings, lines)
        await oracle.until_taken(settings, before + len(lines), 20)
        return dict(owner.shard.states())
    finally:
        await owner.close()


async def in_changelog(settings: Settings) -> dict[bytes, bytes]:
    return (await oracle.found(settings)).states


async def compact(settings: Settings, gone: bytes) -> None:
    """Make the broker compact the changelog until no record, not even a tombstone, of the key `gone` is left."""
    client = AIOKafkaAdminClient(**client_options(settings.kafka))
    await client.start()
    try:
        name = settings.topics.prefix + "state-changelog"
        configs = {"cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.001"}
        configs |= {"delete.retention.ms": "0", "min.compaction.lag.ms": "0", "max.compaction.lag.ms": "100"}
        await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs)])
        # its cleaner looks for work four times a second, not four times a minute
        cleaner = ConfigResource(ConfigResourceType.BROKER, "1", {"log.cleaner.backoff.ms": "250"})
        await client.alter_configs([cleaner])
    finally:
        await client.close()
    deadline = time.monotonic() + 60
    number = 1_000_000
    while any(record.key == gone for record in await oracle.read(settings, "state-changelog")):
        assert time.monotonic() < deadline, "the broker did not compact in time"
        number += 1  # a segment is rolled, and so can be compacted, when something is appended after its time
        await take(settings, settings.engine.state_dir / "roller", contact("roller", number))
        await asyncio.sleep(0.5)


async def test_an_empty_changelog_does_not_hang_a_start(single: Settings, tmp_path: Path) -> None:
    started = time.monotonic()
    assert await take(single, tmp_path / "s") == {}
    assert time.monotonic() - started < 10


async def test_a_new_store_is_restored_to_the_same_bytes(single: Settings, tmp_path: Path) -> None:
    held = await take(single, tmp_path / "s", *(contact(f"c{n % 7}", n) for n in range(50)))
    assert len(held) == 7
    assert await take(single, tmp_path / "other") == held == await in_changelog(single)


async def test_a_forgotten_customer_is_gone_from_store_and_changelog(single: Settings, tmp_path: Path) -> None:
    held = await take(single, tmp_path / "s", contact("stays", 1), contact("goes", 2), forget("goes"))
    assert set(held) == {b"stays"} == set(await in_changelog(single))
    assert set(await take(single, tmp_path / "other")) == {b"stays"}


async def test_a_store_that_is_behind_catches_up(single: Settings, tmp_path: Path) -> None:
    await take(single, tmp_path / "s", contact("a", 1), contact("b", 2))
    shutil.copytree(tmp_path / "s", tmp_path / "old")
    held = await take(single, tmp_path / "s", contact("a", 3), contact("c", 4), forget("b"))
    assert await take(single, tmp_path / "old") == held


async def test_a_store_that_is_ahead_is_made_anew(single: Settings, tmp_path: Path) -> None:
    held = await take(single, tmp_path / "s", contact("a", 1))
    store = Store(tmp_path / "s")
    store.write([(STATE + b"never", held[b"a"])], [], 1_000_000, time.time_ns() // 1_000_000)
    store.close()
    assert await take(single, tmp_path / "s") == held


@pytest.mark.timeout(120)
async def test_a_compacted_changelog_is_restored_and_a_store_away_too_long_forgets_whom_it_missed_forgetting(
    single: Settings, tmp_path: Path
) -> None:
    await take(single, tmp_path / "away", contact("a", 1), contact("goes", 2))
    await take(single, tmp_path / "s", contact("a", 3), forget("goes"))
    await compact(single, STATE + b"goes")
    started = time.monotonic()
    held = await take(single, tmp_path / "new")
    assert time.monotonic() - started < 20, "gaps in the offsets hold up a restore"
    assert set(held) - {b"roller"} == {b"a"}
    assert held == await in_changelog(single)
    assert b"goes" in await take(single, tmp_path / "away"), "the fault that the next line guards against"
    shutil.rmtree(tmp_path / "away")
    # the same, with a limit that the store has passed
    aged = with_engine(single, store_max_age_ms=0)
    await take(single, tmp_path / "aged", contact("again", int(DAY / 60_000)))
    await take(single, tmp_path / "s", forget("again"))
    await compact(single, STATE + b"again")
    assert set(await take(aged, tmp_path / "aged")) - {b"roller"} == {b"a"}


async def lose(settings: Settings, before: int) -> None:
    """Have the broker delete the changelog's records below an offset, -1 = all; topics that only compact refuse it."""
    client = AIOKafkaAdminClient(**client_options(settings.kafka))
    await client.start()
    try:
        name = settings.topics.prefix + "state-changelog"
        policy = ConfigResource(ConfigResourceType.TOPIC, name, {"cleanup.policy": "compact,delete"})
        await client.alter_configs([policy])
        await client.delete_records({TopicPartition(name, 0): RecordsToDelete(before)})
    finally:
        await client.close()
    await admin.apply(settings)


@pytest.mark.parametrize("before", [2, -1])
async def test_a_changelog_that_lost_records_is_refused_until_the_group_is_rewound(
    single: Settings, tmp_path: Path, before: int
) -> None:
    held = await take(single, tmp_path / "s", *(contact(f"c{n}", n) for n in range(5)))
    await lose(single, before)
    with pytest.raises(ChangelogLost, match="group rewind"):
        await take(single, tmp_path / "new")
    if before > 0:  # what a worker still has is not thrown away
        with pytest.raises(ChangelogLost, match="group rewind"):
            await take(single, tmp_path / "s")
        store = Store(tmp_path / "s")
        assert dict(store.states()) == held
        store.close()
    await group.rewind(single, None)
    owner = Owner(single, tmp_path / "new")
    try:
        await asyncio.wait_for(owner.open(), 20)
        await oracle.until_taken(single, 5, 20)
        assert dict(owner.shard.states()) == held
    finally:
        await owner.close()
