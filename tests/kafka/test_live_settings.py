"""What operators put in force reaches every running worker, outlives a restart, and is refused where it is wrong."""

from __future__ import annotations

import asyncio
import subprocess
import time
from typing import Any

import orjson
import pytest
from support.processes import WorkerProcess, all_shards_run, churnwatch, eventually
from support.timeline import at

from stream.config import Settings
from stream.engine.kafka.broadcast import read_whole
from stream.ops.reading import Reader
from stream.produce import produce


async def control(settings: Settings, *arguments: str) -> tuple[int, str, str]:
    process = churnwatch(settings, "control", *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = await asyncio.to_thread(process.communicate, timeout=90)
    return process.returncode, out.decode(), err.decode()


async def alerts(settings: Settings) -> list[tuple[str, str]]:
    found: list[Any] = []
    async with Reader(settings, "alerts") as reader:
        await reader.from_beginning()
        async for records in reader.to_end():
            found += [orjson.loads(record.value) for record in records]
    return [(alert["customer_id"], alert["kind"]) for alert in found if alert["state"] == "opened"]


pytestmark = pytest.mark.kafka


async def test_rules_and_silences_are_changed_on_every_running_worker_and_stay_over_a_restart(settings, tmp_path):
    now = at("2025-03-01 12:00")
    forwarded = [f"c{n}" for n in range(12)]  # some on every worker
    one, two = WorkerProcess(settings, tmp_path / "1.log"), WorkerProcess(settings, tmp_path / "2.log")
    async with one, two:
        await all_shards_run([one, two])
        code, out, _ = await control(settings, "set", "call_forwarding_off_net", "enabled=false", "--actor", "ops-7")
        assert (code, "rule/call_forwarding_off_net arrived on settings" in out) == (0, True)
        code, _, err = await control(settings, "set", "serious_complaint", "repeat_days=900")
        assert code == 2
        assert "allowed: 1 to 92" in err
        code, out, _ = await control(settings, "show", "--json")
        [shown] = [orjson.loads(line) for line in out.splitlines()]
        assert (shown["key"], shown["params"], shown["by"]) == (
            "rule/call_forwarding_off_net", {"enabled": False}, "ops-7",
        )  # fmt: skip
        for worker in (one, two):
            await eventually(lambda worker=worker: said(worker), bool)
        await produce(settings, [now.forwarding(c, "unconditional", "rival") for c in forwarded])
        await produce(settings, [now.complaint(c, "k", severity="critical") for c in forwarded])
        await eventually(lambda: alerts(settings), lambda found: len(found) == len(forwarded))
        assert {kind for _, kind in await alerts(settings)} == {"serious_complaint"}
        assert (await one.stop(), await two.stop()) == (0, 0)  # whoever is killed keeps its shards for a while
    again = WorkerProcess(settings, tmp_path / "3.log")
    async with again:
        await all_shards_run([again])
        code, out, _ = await control(
            settings, "silence", "--customer", "q", "--until", "2099-01-01T00:00Z", "--reason", "a VIP of the board",
            "--from", "2025-01-01T00:00Z",
        )  # fmt: skip
        assert code == 0, out
        [key] = [name for name in await read_whole(settings, "settings") if name.startswith(b"silence/")]
        await eventually(lambda: said(again, key.decode()), bool)
        await produce(
            settings, [now.complaint("q", "k", severity="critical"), now.complaint("r", "k", severity="high")]
        )
        await produce(settings, [now.plus(minutes=1).forwarding("r", "unconditional", "rival")])
        await eventually(lambda: alerts(settings), lambda found: ("r", "serious_complaint") in found)
        code, out, _ = await control(settings, "reset", "call_forwarding_off_net")
        assert (code, "taken away from settings" in out) == (0, True)
        assert (await control(settings, "unsilence", key.decode().removeprefix("silence/")))[0] == 0
        await eventually(lambda: read_whole(settings, "settings"), lambda left: not left)
        await eventually(lambda: forwarding_warns_again(settings), bool)
        found = await alerts(settings)
        assert [customer for customer, kind in found if customer == "zz"] == []
        assert ("r", "call_forwarding_off_net") not in found


async def said(worker: WorkerProcess, key: str = "rule/call_forwarding_off_net") -> bool:
    """Tell whether a worker's log says that a setting is in force."""
    return any("settings in force" in line and key in line for line in worker.log.read_text().splitlines())


async def forwarding_warns_again(settings: Settings) -> bool:
    """Forward one more customer; tell whether any of those warned."""
    later = at("2025-03-02 12:00")
    await produce(settings, [later.forwarding(f"later-{time.time_ns()}", "unconditional", "rival")])
    return any(customer.startswith("later-") for customer, _ in await alerts(settings))
