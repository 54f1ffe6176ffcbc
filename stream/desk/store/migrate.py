"""Brings a database to the newest form of the tables, or tells in which form it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from stream.desk.store.dialects import BEGIN, make_engine
from stream.settings.desk import Database as Settings

_ALONE = text("SELECT pg_advisory_xact_lock(4873312070)")


def config(connection: Connection | None = None) -> Config:
    """Return alembic's configuration, without a file of its own."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    made.set_main_option("file_template", "%%(rev)s")
    made.attributes["connection"] = connection
    return made


@cache
def heads() -> frozenset[str]:
    """Return the newest revisions that this program knows."""
    return frozenset(ScriptDirectory.from_config(config()).get_heads())


def standing(connection: Connection) -> frozenset[str]:
    """Return the revisions that a database stands at; none: it is empty."""
    return frozenset(MigrationContext.configure(connection).get_current_heads())


async def migrate(settings: Settings) -> frozenset[str]:
    """Bring the database to the newest form and return its revisions: all steps in one transaction, or none.

    Of several processes that start at once the first does it, the others wait for it.
    """
    engine = make_engine(settings, foreign_keys=False)
    try:
        async with engine.execution_options(**{BEGIN: "BEGIN IMMEDIATE"}).begin() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(_ALONE)
            await connection.run_sync(_upgrade)
            return await connection.run_sync(standing)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    command.upgrade(config(connection), "heads")
