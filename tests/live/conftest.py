"""One running stack for all tests here: a broker, a worker, a trainer, a desk, and a Prometheus that watches them.

First all is well: a small town lives, and what the roles logged until then is put aside. Then some things go wrong, so
that there is something to see everywhere.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import subprocess
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest
from conftest import own_settings
from support.desk_process import DeskProcess, opened, rows
from support.processes import WorkerProcess, churnwatch
from support.receiver import receiving
from support.watched import Prometheus, prometheus

from stream.broker import admin
from stream.broker.launcher import Broker
from stream.config import Settings, load
from stream.desk.acting import Context, act
from stream.desk.store.tables import Episode
from stream.desk.store.vault import Vault
from stream.desk.work.commands import Acknowledge, Actor
from stream.engine.assemble import business
from stream.engine.log.jsonl import Record
from stream.ops.reading import Reader
from stream.produce import produce
from stream.simulate.town import Options, Town

TRAINER = """
[model.trainer]
state_dir = "{folder}/trainer"
experts = ["logistic", "tree"]
window = 500
publish_every = 100
retained = 1000
"""

TOWN = Town(Options(customers=60, days=250, seed=7))
RATE = 3_000  # events a second: slow enough for some scrapes on the way


@dataclass
class Stack:
    """What the tests look at."""

    settings: Settings
    prometheus: Prometheus
    roles: dict[str, WorkerProcess]
    since: float
    end: float = 0.0
    lines: list[bytes] = field(default_factory=list)  # of the town, as they were sent
    healthy: dict[str, str] = field(default_factory=dict)  # what each role said while all was well
    alerts: list[dict[str, object]] = field(default_factory=list)

    async def until(self, expr: str, holds: Callable[[float], object], within_s: float = 180.0) -> None:
        """Wait until a query with one result gives what `holds`, and let the loop turn meanwhile."""
        await asyncio.to_thread(self.prometheus.until, expr, holds, within_s)

    @property
    def newest(self) -> int:
        """The event time of the town's last line, ms."""
        time_ = max(orjson.loads(line)["time"] for line in self.lines[-50:])
        return round(dt.datetime.fromisoformat(time_).timestamp() * 1000)

    def page(self, role: str, accept: str = "") -> str:
        """Return a role's metrics."""
        request = urllib.request.Request(f"{self.roles[role].url}/metrics", headers={"Accept": accept})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(answer.read().decode())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test waits for the whole stack; most of a minute, and longer where others use the machine."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def stack(broker: Broker, numbers: Iterator[int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack, when all that is to happen has happened."""
    folder = tmp_path_factory.mktemp("live")
    settings = own_settings(broker, next(numbers), folder)
    with asyncio.Runner() as runner:
        context = running(settings, folder)
        made = runner.run(context.__aenter__())
        try:
            yield made
        finally:
            runner.run(context.__aexit__(None, None, None))


@asynccontextmanager
async def running(settings: Settings, folder: Path) -> AsyncIterator[Stack]:
    await admin.apply(settings)
    (folder / "trainer.toml").write_text(TRAINER.format(folder=folder), encoding="utf-8")
    async with AsyncExitStack() as up:
        roles = {
            "worker": WorkerProcess(settings, folder / "worker.log"),
            "trainer": WorkerProcess(settings, folder / "trainer.log", "trainer", "--config", f"{folder}/trainer.toml"),
            "desk": DeskProcess(settings, folder),
        }
        for role in roles.values():
            up.push_async_callback(role.kill)
        for role in roles.values():
            await role.ready()
        targets = {f"churnwatch-{name}": role.url.removeprefix("http://") for name, role in roles.items()}
        watching = await up.enter_async_context(prometheus(folder, targets))
        stack = Stack(settings, watching, roles, time.time())
        receiver = await up.enter_async_context(receiving())
        config = f"{folder}/desk.toml"
        await command(settings, "desk-webhooks", "add", receiver.url, "--allow-private", "--config", config)
        await live(stack)
        stack.healthy = {name: role.said for name, role in roles.items()}
        receiver.answers = [500]
        await suffer(stack)
        stack.end = time.time()
        stack.alerts = await alerts(settings)
        yield stack


async def live(stack: Stack) -> None:
    """Have a town live most of a year in some seconds; the first who leave teach how to score the others."""
    settings = stack.settings
    lines = list(TOWN.lines())
    stack.lines = [orjson.dumps(line.value) for line in lines]
    sent = await produce(settings, lines, rate=RATE)
    await stack.until('sum(churnwatch_events_total{topic!~"group-.*"})', lambda value: value >= sent.total)
    await stack.until('count(churnwatch_model_quality{measure="pr_auc"})', bool)  # judged, not only learned
    await stack.until("sum(churnwatch_trainer_lag_records)", lambda value: value == 0)
    await stack.until("churnwatch_snapshot_info", lambda value: value == 1)
    await stack.until("sum(churnwatch_desk_lag_records)", lambda value: value == 0)


async def suffer(stack: Stack) -> None:
    """Send what cannot be read, put a rule on trial, and have a webhook's receiver refuse what it is told."""
    settings, until, now = stack.settings, stack.until, stack.newest
    await command(settings, "control", "shadow", "usage_drop")
    await answer(stack)
    complaint = {
        "event_id": "last-1", "customer_id": "bank-900001", "complaint_id": "last-1", "time": now,
        "status": "opened", "severity": "critical",
    }  # fmt: skip
    records = [
        Record(1, "complaints", b"bank-900001", now, orjson.dumps(complaint)),
        Record(2, "balances", b"bank-900001", now, b'{"customer_id": "bank-900001"'),
    ]
    await produce(settings, records)
    await until("sum(churnwatch_dead_letters_total)", lambda value: value >= 1)
    failed = 'churnwatch_desk_notify_attempts_total{channel="webhook", result="again"}'
    await until(failed, lambda value: value >= 1)
    await until("sum(churnwatch_desk_lag_records)", lambda value: value == 0)
    await until('ALERTS{alertname="ChurnwatchDeadLetters", alertstate="firing"}', bool)


async def answer(stack: Stack) -> None:
    """Have an RM acknowledge a warning."""
    folder, settings = stack.roles["desk"].log.parent, load(env={})
    vault = Vault([(folder / "key").read_text(encoding="ascii").strip()])
    async with opened(folder) as database:
        episode = next(row for row in await rows(database, Episode) if row.rm_id and row.ended_at is None)
        rm = Actor(staff_id=episode.rm_id, role="rm", branch_id=episode.branch_id)
        acknowledged = Acknowledge(action_id="press-1", episode_id=episode.episode_id)
        async with database.transaction() as tx:
            await act(
                tx, rm, acknowledged, time.time_ns() // 1_000_000, Context(settings.desk, business(settings), vault)
            )
    await stack.until('churnwatch_events_total{topic="feedback", result="handled"}', lambda value: value >= 1)


async def command(settings: Settings, *arguments: str) -> str:
    """Run a command to its end."""
    process = churnwatch(settings, *arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said, _ = await asyncio.to_thread(process.communicate, timeout=90)
    assert process.returncode == 0, said.decode()
    return said.decode()


async def alerts(settings: Settings) -> list[dict[str, object]]:
    """Return the bodies of all committed alerts."""
    async with Reader(settings, "alerts") as reader:
        await reader.from_beginning()
        return [orjson.loads(record.value) async for batch in reader.to_end() for record in batch]
