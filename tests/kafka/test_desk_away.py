"""What the desk needs goes away and comes back: it says so, loses nothing, and goes on by itself."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from pathlib import Path

import aiohttp
import orjson
import pytest
from conftest import own_settings
from support.desk_process import DeskProcess, emit, engine, opened, rows, store_of
from support.desk_rows import alert
from support.desk_stores import settings_of
from support.postgres import Cluster
from support.processes import eventually

from stream.broker import admin, launcher
from stream.config import load
from stream.desk.acting import Context, act
from stream.desk.store.migrate import migrate
from stream.desk.store.tables import Alert, Outbox
from stream.desk.store.vault import Vault, new_key
from stream.desk.work.commands import Acknowledge, Actor, LogContact
from stream.engine.assemble import business
from stream.ops.reading import Reader

pytestmark = pytest.mark.kafka

RM = Actor(staff_id="rm-1", role="rm", branch_id="b-1")


def context() -> Context:
    settings = load(env={})
    return Context(settings.desk, business(settings), Vault([new_key()]))


async def ids(database) -> list[str]:
    return sorted(row.alert_id for row in await rows(database, Alert))


async def page_says(desk: DeskProcess) -> str:
    """Return the line that open pages show, and ask for it as they do."""
    english = {"Accept-Language": "en"}
    async with aiohttp.ClientSession() as session, session.get(f"{desk.page}/status", headers=english) as answer:
        return await answer.text()


async def trouble(desk: DeskProcess) -> str:
    answer = await desk.get("/healthz")
    assert answer is not None
    assert answer[0] == 200, "who waits is alive"
    return str(answer[1]["status"])


async def test_while_the_database_is_away_it_stops_reading_and_says_so_and_goes_on_by_itself(settings, tmp_path):
    cluster = await asyncio.to_thread(Cluster.make)
    try:
        await asyncio.to_thread(cluster.start)
        cluster.sql("CREATE DATABASE desk")
        store = settings_of(cluster.url("desk"))
        first, second = alert("c1"), alert("c2")
        async with DeskProcess(settings, tmp_path, store=store) as desk, engine(settings) as producer:
            await emit(producer, settings, [first])
            async with opened(tmp_path, store) as database:
                await eventually(lambda: ids(database), lambda found: found == [first.alert_id])
            await asyncio.to_thread(cluster.stop)
            await emit(producer, settings, [second])
            await eventually(lambda: trouble(desk), lambda said: "database" in said and "away" in said)
            ready = await desk.get("/readyz")
            assert ready is not None and ready[0] == 503
            assert "The database is away" in await page_says(desk)
            await asyncio.to_thread(cluster.start)
            async with opened(tmp_path, store) as database:
                wanted = sorted([first.alert_id, second.alert_id])
                assert await eventually(lambda: ids(database), lambda found: len(found) >= 2) == wanted
            await desk.ready()
            assert await trouble(desk) == "ok"
            assert await desk.stop() == 0
    finally:
        await asyncio.to_thread(cluster.remove)


async def test_a_file_that_another_process_holds_is_waited_for_by_all_and_nothing_is_lost(settings, tmp_path):
    store = store_of(tmp_path).model_copy(update={"busy_timeout_s": 0.3})
    first, second = alert("c1"), alert("c2")
    async with (
        DeskProcess(settings, tmp_path, store=store) as desk,
        engine(settings) as producer,
        opened(tmp_path, store) as database,
    ):
        await emit(producer, settings, [first])
        await eventually(lambda: ids(database), lambda found: found == [first.alert_id])
        with contextlib.closing(sqlite3.connect(tmp_path / "desk.db", isolation_level=None)) as other:
            await do(database, Acknowledge(action_id="ack", episode_id=first.episode_id))
            other.execute("BEGIN IMMEDIATE")
            await emit(producer, settings, [second])
            for part in ("intake", "outbox", "timers"):
                await eventually(
                    lambda: trouble(desk), lambda said, part=part: f"{part}: the database is away" in said, within_s=30
                )
            ready = await desk.get("/readyz")
            assert ready is not None and ready[0] == 503
            assert "The database is away" in await page_says(desk)
            assert second.alert_id not in await ids(database)
            other.execute("ROLLBACK")
        found = await eventually(lambda: ids(database), lambda found: second.alert_id in found)
        assert len(found) == len(set(found)) == 3, "both of the engine's, and what was acknowledged"
        await eventually(lambda: rows(database, Outbox), lambda found: all(row.published_at for row in found))
        await eventually(lambda: trouble(desk), lambda said: said == "ok")
        assert await desk.stop() == 0


async def test_it_waits_for_a_database_that_starts_after_it(settings, tmp_path):
    cluster = await asyncio.to_thread(Cluster.make)
    try:
        await asyncio.to_thread(cluster.start)
        cluster.sql("CREATE DATABASE desk")
        store = settings_of(cluster.url("desk"))
        await asyncio.to_thread(cluster.stop)
        desk = DeskProcess(settings, tmp_path, store=store)
        try:
            await desk.until(lambda: _says(desk, "database: away"), "waiting")
            await asyncio.to_thread(cluster.start)
            await desk.ready()
            assert await desk.stop() == 0
        finally:
            await desk.kill()
    finally:
        await asyncio.to_thread(cluster.remove)


async def _says(desk: DeskProcess, text: str) -> bool:
    return text in desk.said


@pytest.mark.timeout(180)
async def test_answers_wait_for_a_broker_that_was_killed_and_go_out_in_their_order(
    broker_env: dict[str, str], tmp_path: Path
):
    place = tmp_path / "broker"
    place.mkdir()
    broker = await asyncio.to_thread(launcher.up, load(env={}), data=place, env=broker_env)
    try:
        settings = own_settings(broker, 1, tmp_path)
        await admin.apply(settings)
        one, other = alert("c1"), alert("c2")
        async with DeskProcess(settings, tmp_path) as desk, opened(tmp_path) as database:
            async with engine(settings) as producer:
                await emit(producer, settings, [one])
            await eventually(lambda: ids(database), lambda found: found == [one.alert_id])
            await asyncio.to_thread(launcher.kill, broker)
            for number in range(20):
                contact = LogContact(action_id=f"k{number:02}", customer_id="c1", how="call", result="not_reached")
                await do(database, contact)
            await do(database, Acknowledge(action_id="ack", episode_id=one.episode_id))
            await eventually(lambda: trouble(desk), lambda said: "outbox" in said and "intake" in said)
            assert not any(row.published_at for row in await rows(database, Outbox))
            await asyncio.to_thread(launcher.restart, broker, env=broker_env)
            await eventually(
                lambda: rows(database, Outbox), lambda found: all(row.published_at for row in found), within_s=60
            )
            async with engine(settings) as producer:
                await emit(producer, settings, [other])
            await eventually(lambda: ids(database), lambda found: other.alert_id in found, within_s=60)
            await eventually(lambda: trouble(desk), lambda said: said == "ok")
            async with Reader(settings, "contacts") as reader:
                await reader.from_beginning()
                found = [orjson.loads(one.value)["event_id"] async for batch in reader.to_end() for one in batch]
            assert list(dict.fromkeys(found)) == [f"k{number:02}" for number in range(20)]
            assert await desk.stop() == 0
    finally:
        await asyncio.to_thread(launcher.down, data=place)


async def do(database, command) -> None:
    async with database.transaction() as tx:
        await act(tx, RM, command, time.time_ns() // 1_000_000, context())


async def test_a_desk_whose_broker_is_not_there_yet_shows_its_page_and_ends_when_asked(tmp_path):
    base = load(env={})
    nowhere = base.model_copy(update={"kafka": base.kafka.model_copy(update={"bootstrap": "127.0.0.1:1"})})
    engine_ = base.engine.model_copy(update={"state_dir": tmp_path / "state"})
    desk = DeskProcess(nowhere.model_copy(update={"engine": engine_}), tmp_path)
    try:
        await desk.until(lambda: _says(desk, "page on"), "serving")
        async with aiohttp.ClientSession() as session, session.get(desk.page) as answer:
            assert answer.status < 500
        assert (await desk.get("/readyz"))[0] == 503
        assert await desk.stop(20) == 0
    finally:
        await desk.kill()


async def test_two_desks_on_one_store_share_the_work_and_one_takes_over(settings, tmp_path):
    cluster = await asyncio.to_thread(Cluster.make)
    try:
        await asyncio.to_thread(cluster.start)
        cluster.sql("CREATE DATABASE desk")
        store = settings_of(cluster.url("desk"))
        await migrate(store)
        async with (
            DeskProcess(settings, tmp_path / "a", store=store) as first,
            opened(tmp_path, store) as database,
            engine(settings) as producer,
        ):
            await emit(producer, settings, [alert(f"c{number}") for number in range(10)])
            await eventually(lambda: ids(database), lambda found: len(found) == 10)
            async with DeskProcess(settings, tmp_path / "b", store=store) as second:
                await emit(producer, settings, [alert(f"d{number}") for number in range(10)])
                await eventually(lambda: ids(database), lambda found: len(found) == 20)
                await first.kill()
                await emit(producer, settings, [alert(f"e{number}") for number in range(10)])
                await eventually(lambda: ids(database), lambda found: len(found) == 30, within_s=60)
                assert len(set(await ids(database))) == 30
                assert await second.stop() == 0
    finally:
        await asyncio.to_thread(cluster.remove)


async def test_a_database_that_comes_back_without_what_was_written_is_filled_again(settings, tmp_path):
    """As after a power cut without `synchronous_commit`, or when a replica that lagged takes over."""
    cluster = await asyncio.to_thread(Cluster.make)
    try:
        await asyncio.to_thread(cluster.start)
        cluster.sql("CREATE DATABASE desk")
        store = settings_of(cluster.url("desk"))
        first, second = alert("c1"), alert("c2")
        async with DeskProcess(settings, tmp_path, store=store) as desk, engine(settings) as producer:
            await emit(producer, settings, [first])
            await emit(producer, settings, [second])
            wanted = sorted([first.alert_id, second.alert_id])
            async with opened(tmp_path, store) as database:
                await eventually(lambda: ids(database), lambda found: found == wanted)
                cluster.sql(
                    f"DELETE FROM alerts WHERE alert_id = '{second.alert_id}'; "
                    "UPDATE positions SET next_offset = next_offset - 1 WHERE topic = 'alerts'",
                    "desk",
                )
                await eventually(lambda: ids(database), lambda found: found == wanted)
            assert "lacks what was written" in desk.said
            assert await desk.stop() == 0
    finally:
        await asyncio.to_thread(cluster.remove)
