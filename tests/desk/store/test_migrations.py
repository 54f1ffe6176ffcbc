"""The migrations make what the tables say, on both databases, once and whole."""

from __future__ import annotations

import asyncio

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.schema import CreateIndex

from stream.desk.store.database import Database
from stream.desk.store.migrate import config, heads, migrate
from stream.desk.store.tables import Base


def differences(connection):
    """Return what differs. SQLite does not tell of an index that descends: that one is looked at by itself."""
    told = connection.dialect.name != "sqlite"

    def compared(_object, name, kind, _reflected, _other):
        return told or kind != "index" or name != "ix_episodes_house"

    opts = {"compare_type": True, "compare_server_default": True, "include_object": compared}
    context = MigrationContext.configure(connection, opts=opts)
    return compare_metadata(context, Base.metadata)


async def test_the_migrations_make_what_the_tables_say(empty):
    assert await migrate(empty) == heads()
    database = Database.open(empty)
    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
        names = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
    assert names == set(Base.metadata.tables) | {"alembic_version"}
    await database.close()


async def test_a_difference_would_be_seen(empty):
    await migrate(empty)
    database = Database.open(empty)
    async with database.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE tasks ADD COLUMN odd INTEGER"))
        await connection.execute(text("DROP INDEX ix_episodes_worklist"))
    async with database.engine.connect() as connection:
        found = {change[0] for change in await connection.run_sync(differences)}
    assert found == {"remove_column", "add_index"}
    await database.close()


async def test_partial_indexes_are_partial(empty):
    await migrate(empty)
    database = Database.open(empty)
    async with database.engine.connect() as connection:
        source = "sqlite_master WHERE type" if database.dialect == "sqlite" else "pg_indexes WHERE indexname"
        column = "sql" if database.dialect == "sqlite" else "indexdef"
        where = f"{source} = 'index' AND name" if database.dialect == "sqlite" else source
        said = await connection.scalar(text(f"SELECT {column} FROM {where} = 'ix_episodes_worklist'"))
    assert "where" in said.lower() and "ended_at is null" in said.lower()
    await database.close()


async def test_the_index_of_the_whole_house_descends_by_points(empty):
    await migrate(empty)
    database = Database.open(empty)
    index = next(index for index in Base.metadata.tables["episodes"].indexes if index.name == "ix_episodes_house")
    said = str(CreateIndex(index).compile(dialect=database.engine.dialect)).lower()
    async with database.engine.connect() as connection:
        lite = database.dialect == "sqlite"
        made = "sql FROM sqlite_master WHERE name" if lite else "indexdef FROM pg_indexes WHERE indexname"
        found = (await connection.scalar(text(f"SELECT {made} = 'ix_episodes_house'"))).lower()
    columns = [one.partition("(")[2].partition(")")[0].replace('"', "").split(", ") for one in (said, found)]
    assert columns[0] == columns[1]
    assert columns[0][:2] == ["priority", "points desc"]
    await database.close()


async def test_migrating_twice_and_at_once_is_migrating(empty):
    assert await asyncio.gather(*(migrate(empty) for _ in range(3))) == [heads()] * 3


async def test_a_step_that_fails_leaves_nothing(empty):
    database = Database.open(empty)
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE sessions (odd INTEGER)"))  # in the way of a later step
    with pytest.raises(Exception, match="already exists"):
        await migrate(empty)
    async with database.engine.connect() as connection:
        names = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
    assert names == {"sessions"}
    await database.close()


async def test_every_step_can_go_back(empty):
    await migrate(empty)
    database = Database.open(empty)
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda sync: command.downgrade(config(sync), "base"))
        names = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
    assert names == {"alembic_version"}
    await database.close()
