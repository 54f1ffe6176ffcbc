"""Another process holds SQLite's one lock for longer than is waited for: who works says so, waits and goes on."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from support.desk_intake import context_of
from support.desk_process import rows
from support.desk_rows import alert, arrived, staff
from support.desk_stores import sqlite_copy
from support.processes import eventually

from stream.config import load
from stream.demo.clock import TownClock
from stream.demo.colleagues import Colleagues
from stream.demo.habits import EARLY
from stream.desk.leading import Lead
from stream.desk.push.habits import Rules
from stream.desk.push.metrics import PushMetrics
from stream.desk.service import DeskService
from stream.desk.standing import Standings
from stream.desk.store.database import Database
from stream.desk.store.repositories.alerts import take_alerts
from stream.desk.store.repositories.people import put_staff
from stream.desk.store.tables import Action, Escalation
from stream.desk.timing.loop import Timers
from stream.desk_metrics import DeskMetrics
from stream.settings.desk import Keys

BUSY_S = 0.2
DUE = 1_000


@pytest.fixture
def file(tmp_path: Path, sqlite_template: Path) -> Path:
    sqlite_copy(sqlite_template, tmp_path)
    return tmp_path / "desk.db"


@pytest.fixture
def settings(file: Path):
    """Return settings whose desk waits only briefly for another writer."""
    base = load(env={})
    store = base.desk.database.model_copy(
        update={"url": SecretStr(f"sqlite+aiosqlite:///{file}"), "busy_timeout_s": BUSY_S}
    )
    desk = base.desk.model_copy(update={"database": store, "keys": Keys(), "state_dir": file.parent / "desk"})
    return base.model_copy(update={"desk": desk})


@contextlib.contextmanager
def held(file: Path) -> Iterator[None]:
    """Hold the lock as a process does that writes and does not come to an end."""
    other = sqlite3.connect(file, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()


@contextlib.asynccontextmanager
async def running(work: Awaitable[None]) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.ensure_future(work)
    try:
        yield task
        assert not task.done(), "it has ended"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def seen(value):
    return value


async def test_the_timers_wait_and_go_on_with_what_fell_due_meanwhile(file, settings, vault):
    database, metrics, standings = Database.open(settings.desk.database), DeskMetrics(), Standings()
    context, now = context_of(vault), [1]
    rules = Rules(context.settings.push, context.business, PushMetrics(), context.settings.notify, {})
    timers = Timers(
        database=database,
        context=context,
        rules=rules,
        lead=Lead("timers", "here", lambda: now[-1], metrics),
        metrics=metrics,
        standings=standings,
        clock=lambda: now[-1],
        committed=lambda _: None,
        wake=lambda: None,
    )
    one = alert("c1", time=1)
    async with database.transaction() as tx:
        await put_staff(tx, staff("rm-1", branch_id="b-1", deputy_id="rm-2"))
        await put_staff(tx, staff("rm-2", branch_id="b-1"))
        await take_alerts(tx, [arrived(one)])
        tx.add(Escalation(episode_id=one.episode_id, step=1, to="deputy", due_at=DUE, planned_at=1))
    async with running(timers.run()):
        await eventually(lambda: seen(metrics.leads.labels("timers")._value.get()), bool)
        with held(file):
            now.append(DUE)
            await eventually(lambda: seen(standings.of("timers")), lambda said: "the database is away" in said)
            assert [row.done_at for row in await rows(database, Escalation)] == [None]
        await eventually(lambda: rows(database, Escalation), lambda found: found[0].done_at == DUE)
        await eventually(lambda: seen(standings.of("timers")), lambda said: not said)
    await database.close()


async def test_the_demos_colleagues_wait_and_answer_when_it_is_free_again(file, settings):
    clock = TownClock(0)
    desk = DeskService(settings, clock=clock.now)
    habits = {"rm-1": EARLY}
    colleagues = Colleagues(desk, context_of(desk.vault), clock, habits, lambda _: False)
    async with desk.database.transaction() as tx:
        await put_staff(tx, staff("rm-1", branch_id="b-1"))
        await take_alerts(tx, [arrived(alert(f"c{number}", time=1)) for number in range(20)])
    stop = asyncio.Event()
    clock._newest = 30 * 86_400_000  # the town has been told of a month
    async with running(colleagues.run(stop)) as task:
        with held(file):
            await eventually(lambda: seen(desk.standings.of("colleagues")), lambda said: "the database is away" in said)
            assert colleagues.acts == 0
            assert not task.done()
        await eventually(lambda: rows(desk.database, Action), lambda found: len(found) >= 20)
        await eventually(lambda: seen(desk.standings.of("colleagues")), lambda said: not said)
    await desk.database.close()
