"""A live zombie: the old owner of a shard goes on processing beside the new one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka.errors import UnknownError

from chaos import oracle
from chaos.conftest import Case, case
from chaos.fleet import for_chaos
from chaos.owner import Owner
from chaos.traffic import closing, traffic
from stream.broker import admin
from stream.config import Settings
from stream.engine.kafka.log import KafkaShardLog
from stream.engine.log.port import Fenced, LogFailure, Opening
from stream.engine.worker.first_start import settle_positions
from stream.produce import produce

HANDOVERS = 5
TO_BE_SEEN = 2  # so few in the wrong order are enough
RATE = 2000  # events a second: the last owner but one must have something left to do when the last one comes


@pytest.fixture(scope="module")
def one_shard() -> Case:
    """Traffic for a single shard."""
    return case(traffic(8_000, 200, seed=3), partitions=1)


@pytest.fixture
async def single(bare_settings: Settings) -> AsyncIterator[Settings]:
    """Settings with one shard, its topics made and its first positions settled."""
    topics = bare_settings.topics.model_copy(update={"partitions": 1})
    settings = for_chaos(bare_settings.model_copy(update={"topics": topics}), batch_events=100)
    await admin.apply(settings)
    await settle_positions(settings)
    yield settings


class ReadsFirst(KafkaShardLog):
    """Opens in the wrong order: reads where the shard stands, then starts the producer that fences the old owner."""

    async def open(self) -> Opening:
        opening = await self._read_opening()
        taken = sum(opening.committed.values())
        with contextlib.suppress(TimeoutError):  # there may be nothing left to commit
            async with asyncio.timeout(5):
                while sum((await oracle.positions(self._settings)).values()) < taken + 200:
                    await asyncio.sleep(0.01)  # what a restore takes: meanwhile the old owner commits
        await super().open()
        return opening


def by_the_fence(fault: BaseException | None) -> bool:
    """Tell whether a fence ended an owner. A broker asked to commit while it fences may say no more than "unknown"."""
    return fault is not None and (isinstance(fault, Fenced | UnknownError) or by_the_fence(fault.__cause__))


async def pass_on(
    settings: Settings, case: Case, tmp_path: Path, log: type[KafkaShardLog], handovers: int
) -> list[Owner]:
    """Pass the traffic by a row of owners, each of which takes the shard from one that is alive and at work."""
    owners: list[Owner] = []
    lines = [*case.lines, *closing(1)]
    try:
        sending = asyncio.create_task(produce(settings, case.lines, rate=RATE))
        for number in range(handovers + 1):
            await oracle.until_taken(settings, number * len(case.lines) // (handovers + 2), 30)
            owners.append(Owner(settings, tmp_path / str(number), log if number else KafkaShardLog))
            await owners[-1].open()
        await sending
        await produce(settings, closing(1))
        await oracle.until_taken(settings, len(lines), 30)
        for old in owners[:-1]:
            assert old.running is not None
            with pytest.raises((Fenced, LogFailure)) as ended:
                await asyncio.wait_for(asyncio.shield(old.running), 10)
            assert by_the_fence(ended.value), ended.value  # until then it was alive
        return owners
    finally:
        for owner in owners:
            await owner.close()


@pytest.mark.timeout(90)
async def test_an_old_owner_that_goes_on_beside_the_new_one_does_no_harm(
    single: Settings, one_shard: Case, tmp_path: Path
) -> None:
    await pass_on(single, one_shard, tmp_path / "slot", KafkaShardLog, HANDOVERS)
    assert oracle.difference(one_shard.want, await oracle.found(single)) == ""


@pytest.mark.timeout(90)
async def test_reading_the_positions_before_fencing_would_be_seen_as_wrong(
    single: Settings, one_shard: Case, tmp_path: Path
) -> None:
    await pass_on(single, one_shard, tmp_path / "slot", ReadsFirst, TO_BE_SEEN)
    wrong = oracle.difference(one_shard.want, await oracle.found(single))
    assert "alert ids doubled" in wrong and "states wrong" in wrong, wrong
