"""A shard that is really stuck ends its process with the reason in the log, and a new one takes over."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest
from chaos.fleet import with_engine
from support.processes import WorkerProcess, environment, eventually

from stream.config import Settings
from stream.engine.log.jsonl import Record
from stream.ops.reading import Reader
from stream.produce import produce

pytestmark = pytest.mark.kafka

LIMIT_MS = 3_000


class StuckWorker(WorkerProcess):
    """A worker that hangs in its first batch."""

    def __init__(self, settings: Settings, log: Path, how: str) -> None:
        self.settings, self.log, self.url = settings, log, ""
        tests = Path(__file__).parents[1]
        env = environment(settings) | {"STUCK_BY": how, "PYTHONPATH": f"{tests}:{tests.parent}"}
        with log.open("ab") as error:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "support.stuck"], cwd=tests.parent, env=env, stderr=error
            )


def complaint(name: str) -> Record:
    now = time.time_ns() // 1_000_000
    event = {"event_id": name, "customer_id": "c-secret", "time": now, "complaint_id": name}
    return Record(1, "complaints", b"c-secret", now, orjson.dumps(event | {"status": "opened", "severity": "critical"}))


async def alerts(settings: Settings) -> int:
    async with Reader(settings, "alerts") as reader:
        await reader.from_beginning()
        return sum([len(records) async for records in reader.to_end()])


@pytest.mark.parametrize("how", ["await", "thread", "lock"])
async def test_a_stuck_shard_ends_its_process_with_the_reason_and_another_takes_its_work(settings, tmp_path, how):
    watched = with_engine(settings, stall_limit_ms=LIMIT_MS, session_timeout_ms=6_000, instance="w")
    stuck = await StuckWorker(watched, tmp_path / "stuck.log", how).ready()
    try:
        await produce(watched, [complaint("k")])
        status = await asyncio.wait_for(asyncio.to_thread(stuck.process.wait), 40)
    finally:
        await stuck.kill()
    assert status != 0
    said = stuck.said
    if how == "lock":  # nothing of Python runs any more: the interpreter's own timer speaks
        assert "Timeout (0:00:06)" in said
        assert "in never" in said
    else:
        lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        (reason,) = [line for line in lines if line["level"] == "critical"]
        assert "made no progress for" in reason["message"]
        named = "loop" if how == "thread" else str(reason["message"].split()[1])
        places = reason["stacks"]["MainThread"] if how == "thread" else reason["stacks"][named]
        assert any("never" in place for place in places), reason
    assert "c-secret" not in said
    async with WorkerProcess(watched, tmp_path / "next.log"):
        assert await eventually(lambda: alerts(settings), bool) == 1


async def test_an_idle_worker_and_one_that_slept_are_left_alone(settings, tmp_path):
    watched = with_engine(settings, stall_limit_ms=LIMIT_MS, session_timeout_ms=30_000)
    async with WorkerProcess(watched, tmp_path / "worker.log") as worker:
        worker.stall()
        await asyncio.sleep(2.5)  # suspended for most of the limit: its own time stands still
        worker.wake()
        began = time.monotonic()
        while time.monotonic() - began < 2 * LIMIT_MS / 1000:  # idle for longer than the limit
            assert worker.process.poll() is None, worker.tail()
            await asyncio.sleep(0.2)
        await produce(watched, [complaint("k")])
        assert await eventually(lambda: alerts(settings), bool) == 1
        assert "made no progress" not in worker.said
