"""Transactions, their order, and what a database that is away looks like."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from support.desk_rows import NOW
from support.desk_stores import settings_of, sqlite_copy

from stream.desk.store.database import Database, is_away, is_rows_fault, name_of
from stream.desk.store.migrate import migrate
from stream.desk.store.repositories.outbox import Message, append_messages
from stream.desk.store.repositories.pushes import NewPush, append_pushes, pushes_after
from stream.desk.store.repositories.rows import UnorderedError
from stream.desk.store.tables import Branch, Episode, Escalation, Note, Staff


def person(staff_id, **more):
    return Staff(**({"staff_id": staff_id, "time": NOW} | more))


async def count(database, entity=Staff):
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(entity))


async def test_a_block_that_ends_is_committed_and_one_that_raises_is_not(database):
    async with database.transaction() as session:
        session.add(person("rm-1"))
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as session:
            session.add(person("rm-2"))
            await session.flush()
            _ = 1 / 0
    assert await count(database) == 1


async def test_a_cancelled_block_is_not_committed_and_gives_its_turn_on(database):
    inside = asyncio.Event()

    async def write():
        async with database.transaction() as session:
            session.add(person("rm-1"))
            await session.flush()
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5), database.transaction() as session:
        session.add(person("rm-2"))
    async with database.reading() as session:
        assert list(await session.scalars(select(Staff.staff_id))) == ["rm-2"]


async def test_what_was_read_can_be_used_after_the_block(database):
    async with database.transaction() as session:
        session.add(person("rm-1", successor_ids=["rm-2"]))
    async with database.reading() as session:
        row = await session.get(Staff, "rm-1")
    assert (row.successor_ids, row.status) == (["rm-2"], "active")


async def test_a_reader_sees_one_moment_and_does_not_wait_for_a_writer(database):
    async with database.transaction() as session:
        session.add(person("rm-1"))
    async with database.reading() as reader:
        assert len((await reader.scalars(select(Staff))).all()) == 1
        async with asyncio.timeout(5), database.transaction() as writer:
            writer.add(person("rm-2"))
        assert len((await reader.scalars(select(Staff))).all()) == 1
    assert await count(database) == 2


async def test_writers_come_one_after_another(database):
    """A number read and written back by many at once: none of the steps is lost, whoever comes first."""

    async def step():
        async with database.transaction() as session:
            row = await session.get(Branch, "b")
            row.time = row.time + 1

    async with database.transaction() as session:
        session.add(Branch(branch_id="b", time=0))
    await asyncio.gather(*(step() for _ in range(25)))
    async with database.reading() as session:
        assert (await session.get(Branch, "b")).time == 25


async def test_writers_of_two_processes_come_one_after_another_as_well(store_settings):
    """Two stores on the same database are as two processes: pushes have no gap, no double, and come in their order."""
    stores = [Database.open(store_settings) for _ in range(2)]
    seen: list[int] = []

    async def write(store, n):
        async with store.transaction() as session:
            await append_pushes(session, [NewPush(receiver="rm-1", event="alert", data={"n": n})], NOW)

    async def watch(total):
        while len(seen) < total:
            async with stores[0].reading() as session:
                seen.extend(push.number for push in await pushes_after(session, "rm-1", seen[-1] if seen else 0))

    async with asyncio.timeout(60):
        await asyncio.gather(watch(40), *(write(stores[n % 2], n) for n in range(40)))
    assert seen == list(range(1, 41))
    for store in stores:
        await store.close()


async def test_nothing_is_numbered_out_of_turn(database):
    push, message = NewPush(receiver="r", event="alert"), Message(message_id="m", topic="t", key=b"", value=b"")
    async with database.transaction(ordered=False) as session:
        with pytest.raises(UnorderedError):
            await append_pushes(session, [push], NOW)
        with pytest.raises(UnorderedError):
            await append_messages(session, [message], NOW)
    async with database.reading() as session:
        with pytest.raises(UnorderedError):
            await append_pushes(session, [push], NOW)


async def test_what_hangs_on_a_row_must_have_it(database):
    with pytest.raises(IntegrityError) as caught:
        async with database.transaction() as session:
            session.add(Escalation(episode_id="none", step=1, to="deputy", due_at=NOW, planned_at=NOW))
    assert not is_away(caught.value)


async def test_what_a_log_says_of_a_fault_holds_no_content(database):
    with pytest.raises(IntegrityError) as caught:
        async with database.transaction() as session:
            await session.execute(text("INSERT INTO staff (staff_id) VALUES (:name)"), {"name": "Zhang Wei"})
    said = name_of(caught.value)
    assert said.startswith("IntegrityError")
    assert "Zhang" not in said
    assert database.dialect == "sqlite" or said.endswith("NotNullViolationError 23502")
    assert name_of(ConnectionRefusedError("Zhang")) == "ConnectionRefusedError"


async def test_writers_that_are_cancelled_anywhere_leave_nothing_and_block_nobody(database):
    async def write(name):
        async with database.transaction() as session:
            session.add(person(f"{name}-1"))
            await session.flush()
            await session.scalars(select(Staff))
            session.add(person(f"{name}-2"))

    rng, done = random.Random(3), set()
    for n in range(40):
        task = asyncio.create_task(write(n))
        await asyncio.wait([task], timeout=rng.uniform(0, 0.02))
        task.cancel()
        await asyncio.wait([task], timeout=10)
        if not task.cancelled():
            done |= {f"{n}-1", f"{n}-2"}
    async with asyncio.timeout(10):
        await write("last")
    async with database.reading() as session:
        written = set(await session.scalars(select(Staff.staff_id)))
    assert all((f"{n}-1" in written) == (f"{n}-2" in written) for n in range(40)), "whole or not at all"
    assert done | {"last-1", "last-2"} <= written
    assert len(done) < 80, "some were cancelled"


async def test_health_tells_there_from_behind(empty):
    database = Database.open(empty)
    assert (await database.health()).state == "behind"
    await migrate(empty)
    health = await database.health()
    assert (health.state, health.ok, health.fault) == ("there", True, "")
    assert health.took_ms > 0
    await database.close()


async def test_a_file_that_cannot_be_opened_is_away_and_comes_back(tmp_path, sqlite_template):
    (tmp_path / "disk").write_text("not a folder")
    database = Database.open(settings_of(f"sqlite+aiosqlite:///{tmp_path / 'disk' / 'desk.db'}"))
    health = await database.health()
    assert (health.state, health.fault) == ("away", "OperationalError")
    with pytest.raises(SQLAlchemyError) as caught:
        await count(database)
    assert is_away(caught.value)
    (tmp_path / "disk").unlink()
    (tmp_path / "disk").mkdir()
    sqlite_copy(sqlite_template, tmp_path / "disk")
    assert (await database.health()).ok
    assert await count(database) == 0
    await database.close()


async def test_a_file_that_another_process_writes_to_for_long_is_away(tmp_path, sqlite_template):
    settings = sqlite_copy(sqlite_template, tmp_path).model_copy(update={"busy_timeout_s": 0.2})
    database = Database.open(settings)
    with sqlite3.connect(tmp_path / "desk.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DBAPIError) as caught:
            async with database.transaction() as session:
                session.add(person("rm-1"))
        assert is_away(caught.value)
        assert await count(database) == 0, "readers go on"
        other.execute("ROLLBACK")
    other.close()
    async with database.transaction() as session:
        session.add(person("rm-1"))
    await database.close()


async def test_a_server_that_stops_is_away_and_comes_back_by_itself(postgres):
    postgres.sql("CREATE DATABASE away TEMPLATE template_desk")
    database = Database.open(settings_of(postgres.url("away")))
    async with database.transaction() as session:
        session.add(person("rm-1"))
    postgres.stop()
    try:
        health = await database.health()
        assert (health.state, health.ok) == ("away", False)
        with pytest.raises((SQLAlchemyError, OSError)) as caught:
            async with database.transaction() as session:
                session.add(person("rm-2"))
        assert is_away(caught.value)
    finally:
        postgres.start()
    assert (await database.health()).ok
    assert await count(database) == 1
    await database.close()


async def test_a_server_that_dies_within_a_transaction_leaves_nothing_of_it(postgres):
    postgres.sql("CREATE DATABASE dies TEMPLATE template_desk")
    database = Database.open(settings_of(postgres.url("dies")))
    try:
        with pytest.raises((SQLAlchemyError, OSError)) as caught:
            async with database.transaction() as session:
                session.add(person("rm-1"))
                await session.flush()
                postgres.stop()
        assert is_away(caught.value)
    finally:
        if postgres.process is None:
            postgres.start()
    assert await count(database) == 0
    await database.close()


async def test_a_server_that_is_not_there_does_not_keep_the_store_from_being_opened(unused_tcp_port):
    database = Database.open(settings_of(f"postgresql://desk@127.0.0.1:{unused_tcp_port}/none"))
    assert (await database.health()).state == "away"
    await database.close()


ODD = {
    "nothing where something must be": {"time": None},
    "a number too large": {"time": 2**70},
    "a number too large by little": {"time": 2**63},
    "half a character": {"status": "\ud800"},
    "half a character in a list": {"successor_ids": ["\ud800"]},
    "no text": {"status": 7.5j},
}


@pytest.mark.parametrize("odd", ODD)
async def test_a_row_that_cannot_be_stored_is_told_from_a_database_that_is_away(database, odd):
    with pytest.raises(Exception) as caught:
        async with database.transaction() as session:
            session.add(person("rm-1", **ODD[odd]))
    assert is_rows_fault(caught.value), repr(caught.value)
    assert not is_away(caught.value)
    assert (await database.health()).ok
    assert await count(database) == 0


async def test_a_fault_of_the_program_is_neither(database):
    for statement in ("SELECT nothing FROM staff", "SELECT * FROM nowhere", "SELEKT"):
        with pytest.raises(DBAPIError) as caught:
            async with database.reading() as session:
                await session.execute(text(statement))
        assert not is_away(caught.value)
        assert not is_rows_fault(caught.value)
    assert not is_away(ValueError("odd"))
    assert not is_rows_fault(ValueError("odd"))
    assert is_away(ConnectionRefusedError())


async def test_a_file_that_is_no_database_is_away(tmp_path):
    (tmp_path / "desk.db").write_text("no database" * 1000)
    database = Database.open(settings_of(f"sqlite:///{tmp_path / 'desk.db'}"))
    assert (await database.health()).state == "away"
    await database.close()


async def test_who_reads_cannot_write_and_who_writes_next_can(database):
    for _ in range(3):
        with pytest.raises(DBAPIError):
            async with database.reading() as session:
                session.add(person("rm-1"))
        async with database.transaction() as session:
            session.add(person("rm-1"))
            await session.flush()
            await session.rollback()
    assert await count(database) == 0


def test_the_embedded_store_loads_no_driver_of_postgres(tmp_path):
    code = (
        "import asyncio, sys\n"
        "from stream.desk.store.database import Database\n"
        "from stream.settings.desk import Database as Settings\n"
        "print(asyncio.run(Database.open(Settings(url=sys.argv[1])).health()).state)\n"
        "print(sorted({'asyncpg', 'psycopg'} & set(sys.modules)))"
    )
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    done = subprocess.run([sys.executable, "-c", code, url], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["behind", "[]"]


async def test_text_of_every_kind_comes_back(database):
    hostile = "<script>'\";--\u202e\u0001\0 \U0001f4a9"
    kept = hostile.replace("\0", "\ufffd")
    async with database.transaction() as session:
        session.add(person(hostile, successor_ids=[hostile]))
        session.add(Note(note_id="n", customer_id=hostile, author="a", at=NOW, text_sealed=b"\0\xff"))
    async with database.reading() as session:
        row = await session.get(Staff, hostile)
        note = await session.get(Note, "n")
    assert (row.staff_id, row.successor_ids) == (kept, [kept])
    assert (note.customer_id, note.text_sealed) == (kept, b"\0\xff")


def test_an_episode_has_no_column_for_a_name_or_a_number():
    names = {column.name for column in Episode.__table__.columns}
    assert not {name for name in names if "name" in name or "phone" in name}
