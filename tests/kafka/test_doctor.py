"""The doctor looks at a real cluster: what is well, what is missing, what is lost, and one that is not there."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time

import msgspec
import pytest
from support.desk_process import store_of
from support.processes import WorkerProcess, churnwatch

from stream.ops.doctor import cluster, desk, here
from stream.ops.doctor.round import visit

pytestmark = pytest.mark.kafka


def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def settings(settings, tmp_path):
    """With folders and a database of the test's own."""
    own = settings.desk.model_copy(update={"database": store_of(tmp_path), "state_dir": tmp_path / "desk"})
    trainer = settings.model.trainer.model_copy(update={"state_dir": tmp_path / "trainer"})
    model = settings.model.model_copy(update={"trainer": trainer})
    return settings.model_copy(update={"desk": own, "model": model})


async def found(settings) -> dict[str, tuple[str, str]]:
    return {one.check: (one.verdict, one.said) async for one in visit(settings, now())}


async def test_a_new_deployment_is_well_but_for_what_is_not_there_yet(settings):
    seen = await found(settings)
    assert [(check, said) for check, (verdict, said) in seen.items() if verdict == "wrong"] == []
    assert seen["topics"][0] == seen["clock"][0] == seen["versions"][0] == "ok"
    assert seen["group"][0] == seen["model"][0] == "look"


async def test_a_running_worker_is_seen(bare_settings, settings, tmp_path):
    async with WorkerProcess(bare_settings, tmp_path / "worker.log") as worker:
        assert await worker.running() == {0, 1, 2, 3}
        seen = await found(settings)
        assert seen["group"][0] == seen["workers"][0] == "ok"
        assert "1 members" in seen["group"][1]


async def test_missing_topics_are_named_and_nothing_behind_them_is_asked(bare_settings):
    seen = [one async for one in visit(bare_settings, now())]
    assert {one.mend for one in seen if one.check == "topics"} == {"churnwatch topics apply"}
    assert seen[-1].check == "topics"


async def test_a_clock_that_is_behind_the_brokers_is_seen(settings):
    from stream.engine.log.jsonl import Record
    from stream.produce import produce

    event = {"event_id": "e", "customer_id": "c", "time": now(), "staff_id": "s", "how": "call", "result": "reached"}
    await produce(settings, [Record(1, "contacts", b"c", now(), msgspec.json.encode(event))])
    assert (await cluster.clock(settings, now())).verdict == "ok"
    late = await cluster.clock(settings, now() - 60_000)
    assert (late.verdict, "ahead of this machine's" in late.said) == ("wrong", True)


async def test_more_copies_than_brokers_cannot_be(settings):
    topics = settings.topics.model_copy(update={"replication": 3})
    seen = await cluster.connection(settings.model_copy(update={"topics": topics}))
    assert seen.verdict == "wrong"


async def test_a_cluster_that_is_not_there_ends_the_round(settings):
    kafka = settings.kafka.model_copy(update={"bootstrap": "127.0.0.1:1"})
    seen = [one async for one in visit(settings.model_copy(update={"kafka": kafka}), now())]
    assert (seen[-1].check, seen[-1].verdict) == ("connection", "wrong")


async def test_the_command_ends_with_1_when_something_is_wrong_and_prints_json(bare_settings):
    process = churnwatch(bare_settings, "doctor", "--json", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    said, _ = await asyncio.to_thread(process.communicate, timeout=60)
    assert process.returncode == 1
    assert {json.loads(line)["verdict"] for line in said.splitlines()} >= {"ok", "wrong"}


def test_a_package_that_does_not_fit_is_named():
    assert here.versions().verdict == "ok"
    seen = here.versions(["aiokafka<0.1", "no-such-thing", "pyarrow>1000; extra == 'backtest'"])
    assert (seen.verdict, seen.said.count(";")) == ("wrong", 1)
    assert "aiokafka" in seen.said and "no-such-thing is not installed" in seen.said


def test_a_folder_that_cannot_be_used_is_named(settings, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    engine = settings.engine.model_copy(update={"state_dir": tmp_path / "file" / "state"})
    seen = next(here.folders(settings.model_copy(update={"engine": engine})))
    assert seen.verdict == "wrong"


async def test_a_desk_without_keys_or_database_is_told_what_it_needs(settings):
    server = settings.desk.database.model_copy(update={"url": "postgresql://nobody@127.0.0.1:1/none"})
    changed = settings.desk.model_copy(update={"database": type(server)(url="postgresql://nobody@127.0.0.1:1/none")})
    wanting = settings.model_copy(update={"desk": changed})
    assert desk.keys(wanting).verdict == "wrong"
    assert (await desk.database(wanting)).verdict == "wrong"
