"""The trainer on a real broker: every example once whatever happens to it, and one trainer at a time."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from support.examples import town
from support.processes import WorkerProcess, churnwatch, eventually

from models.features.sets import NAMES, VERSION
from models.learner import Learner
from models.snapshot import Snapshot, decode, encode
from stream.config import Settings
from stream.engine.kafka.broadcast import read_whole
from stream.engine.kafka.sender import KafkaSender
from stream.ops.reading import Reader
from stream.settings.model import Trainer

pytestmark = pytest.mark.kafka

COUNT = 2_300
MANNER = Trainer(experts=("logistic", "booster"), window=1_000, publish_every=100, retained=2_000)


def examples(count: int = COUNT, **more: Any) -> list[Any]:
    """Return examples of the feature set in force, in the order in which their labels were known."""
    return [msgspec.structs.replace(each, feature_set=VERSION) for each in town(count, width=len(NAMES), **more)]


def expected(count: int = COUNT) -> dict[str, bytes]:
    """Return what a learner publishes that nothing happens to, by version."""
    learner, found = Learner(MANNER, NAMES, VERSION), {}
    for each in examples(count):
        if learner.take(each) and (snapshot := learner.publish()):
            found[snapshot.version] = encode(snapshot)
    return found


def config(folder: Path, **more: Any) -> Path:
    """Write the file that a trainer with a folder of its own starts with."""
    given = {"state_dir": str(folder / "trainer"), "checkpoint_every_s": 0.3, **more}
    lines = [f"{key} = {orjson.dumps(value).decode()}" for key, value in given.items()]
    lines += ['experts = ["logistic", "booster"]', "window = 1000", "publish_every = 100", "retained = 2000"]
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "churnwatch.toml"
    file.write_text("[model.trainer]\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return file


def trainer(settings: Settings, folder: Path, name: str = "trainer", **more: Any) -> WorkerProcess:
    return WorkerProcess(settings, folder / f"{name}.log", "trainer", "--config", str(config(folder, **more)))


async def send(settings: Settings, found: list[Any], raw: bytes | None = None) -> None:
    """Write examples to their topic; `raw` goes there too, as it is, in the midst of them."""
    sender = KafkaSender(settings)
    await sender.start()
    try:
        for start in range(0, len(found), 200):
            batch = found[start : start + 200]
            await asyncio.gather(
                *(sender.send("examples", each.customer_id.encode(), msgspec.json.encode(each)) for each in batch)
            )
            if raw is not None and start == 400:
                await sender.send("examples", b"bad", raw)
    finally:
        await sender.stop()


async def snapshots(settings: Settings) -> dict[str, bytes]:
    return {key.decode(): value for key, value in (await read_whole(settings, "models")).items()}


async def newest(settings: Settings) -> Snapshot | None:
    return max(
        (decode(value) for value in (await snapshots(settings)).values()), key=lambda s: s.sequence, default=None
    )


async def learned(settings: Settings, count: int) -> Snapshot:
    found = await eventually(lambda: newest(settings), lambda s: s is not None and s.span.examples >= count, 90)
    assert found is not None
    return found


async def models(settings: Settings, *arguments: str) -> tuple[int, str, str]:
    process = churnwatch(settings, "models", *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = await asyncio.to_thread(process.communicate, timeout=90)
    return process.returncode, out.decode(), err.decode()


async def test_killed_in_the_midst_it_learns_every_example_once_and_publishes_the_same_bytes(settings, tmp_path):
    whole = expected()
    await send(settings, examples(), raw=b'{"event_id": "no example"}')
    for life in range(3):
        process = trainer(settings, tmp_path, f"life-{life}")
        try:
            await process.until(lambda life=life: _beyond(settings, 300 + 500 * life), "publishing")
        finally:
            await process.kill()
    async with trainer(settings, tmp_path, "last") as process:
        last = await learned(settings, COUNT)
        await eventually(lambda: snapshots(settings), lambda found: len(found) == MANNER.keep_versions)
        found = await snapshots(settings)
        assert last.span.examples == COUNT
        assert found == {version: whole[version] for version in sorted(whole)[-MANNER.keep_versions :]}
        assert await process.stop() == 0
    mode = (tmp_path / "trainer" / "checkpoint").stat().st_mode
    assert mode & 0o077 == 0


async def test_a_damaged_example_is_put_aside_and_a_stop_loses_nothing(settings, tmp_path):
    stray = msgspec.structs.replace(examples(1)[0], feature_set=VERSION + 1, known_at=1)
    async with trainer(settings, tmp_path, checkpoint_every_s=1_000) as process:
        await send(settings, examples(600), raw=b"\xff not json")
        await send(settings, [stray])
        await learned(settings, 600)
        letters = await eventually(lambda: dead(settings), lambda found: len(found) == 2)
        assert {letter["dl_reason"] for letter in letters} == {"not-json", "feature-set"}
        assert {letter["dl_topic"] for letter in letters} == {"examples"}
        assert await process.stop() == 0
    async with trainer(settings, tmp_path, "again", checkpoint_every_s=1_000) as process:
        await send(settings, examples(200, start=600))
        last = await learned(settings, 800)
        assert last.span.examples == 800
        assert "going on after 600 examples" in process.said
        assert len(await dead(settings)) == 2


async def test_a_second_trainer_takes_over_and_the_first_ends(settings, tmp_path):
    first = trainer(settings, tmp_path / "one", "one")
    async with first:
        await send(settings, examples(300))
        await learned(settings, 300)
        async with trainer(settings, tmp_path / "two", "two"):
            await asyncio.to_thread(first.process.wait, 60)
            assert first.process.returncode != 0
            assert "another trainer has taken over" in first.said
            await send(settings, examples(200, start=300))
            last = await learned(settings, 500)
            assert last.span.examples == 500
            assert last.sequence > 300 // MANNER.publish_every  # what the first published stays before it


async def test_two_cannot_share_a_folder(settings, tmp_path):
    async with trainer(settings, tmp_path, "one"):
        second = trainer(settings, tmp_path, "two")
        assert await asyncio.to_thread(second.process.wait, 60) != 0
        assert "another trainer runs from this folder" in second.said


async def test_operators_choose_what_is_in_force(settings, tmp_path):
    async with WorkerProcess(settings, tmp_path / "worker.log") as worker, trainer(settings, tmp_path):
        await send(settings, examples(500))
        await learned(settings, 500)
        code, out, _ = await models(settings, "list", "--json")
        listed = orjson.loads(out)
        assert (code, [one["version"] for one in listed if one["in_force"]]) == (0, [listed[0]["version"]])
        code, out, err = await models(settings, "rollback")
        assert (code, "model/pin" in out + err or "settings" in out) == (0, True)
        before = listed[1]["version"]
        await eventually(lambda: said(worker, f"snapshot {before} in force"), bool)
        assert [one["version"] for one in orjson.loads((await models(settings, "list", "--json"))[1]) if one["pinned"]]
        assert (await models(settings, "promote", "logistic"))[0] == 0
        await eventually(lambda: said(worker, f"snapshot {before} in force, champion logistic"), bool)
        code, _, err = await models(settings, "promote", "oracle")
        assert (code, "it has stack, logistic" in err) == (2, True)
        assert (await models(settings, "pin", "m999999"))[0] == 2
        assert (await models(settings, "unpin"))[0] == 0
        assert (await models(settings, "unpin"))[0] == 2
        await send(settings, examples(30, start=500))
        assert (await models(settings, "publish"))[0] == 0
        last = await newest(settings)
        assert last is not None
        assert (last.span.examples, last.champion) == (530, "stack")
        await eventually(lambda: said(worker, f"snapshot {last.version} in force, champion logistic"), bool)
        assert (await models(settings, "promote", "--reset"))[0] == 0
        await eventually(lambda: said(worker, f"snapshot {last.version} in force, champion stack"), bool)
        code, out, _ = await models(settings, "show")
        assert code == 0
        for words in (last.version, "530 examples", "Candidates", "ROC-AUC", "logistic", "Deciles"):
            assert words in out


async def _beyond(settings: Settings, count: int) -> bool:
    found = await newest(settings)
    return found is not None and found.span.examples >= count


async def dead(settings: Settings) -> list[dict[str, str]]:
    async with Reader(settings, "dead-letters") as reader:
        await reader.from_beginning()
        return [
            {name: value.decode() for name, value in record.headers}
            async for records in reader.to_end(settled=True)
            for record in records
        ]


async def said(worker: WorkerProcess, words: str) -> bool:
    return words in worker.said
