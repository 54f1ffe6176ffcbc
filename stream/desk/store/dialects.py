"""What differs between SQLite and PostgreSQL: how an engine is made, and which faults mean that it is away."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from stream.desk.store.base import without_nul
from stream.desk_config import Database as Settings

BEGIN = "desk_begin"
"""Execution option: how a transaction begins on SQLite."""

_CACHE_KB = 8_000
"""Of each connection to SQLite."""

_SQLITE_AWAY = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PROTOCOL,
}
_POSTGRES_AWAY = ("08", "53", "57P", "58", "25006", "55P03", "57014", "40")
"""Classes of SQLSTATE: connection, resources, shut down, system, read-only replica, lock, time-out, deadlock."""


def dumps(value: Any) -> str:
    """Write JSON that PostgreSQL takes, whatever text stands in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return json.dumps(_clean(value), ensure_ascii=False, separators=(",", ":")) if "\\u0000" in text else text


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return without_nul(value)
    if isinstance(value, dict):
        return {_clean(key): _clean(part) for key, part in value.items()}
    return [_clean(part) for part in value] if isinstance(value, list | tuple) else value


def make_engine(settings: Settings, *, foreign_keys: bool = True) -> AsyncEngine:
    """Return an engine; nothing is connected yet, so that it can be made while the database is away.

    `foreign_keys=False` is for migrations: SQLite alters a table by copying it, and dropping the old one would take
    along what hangs on its rows.
    """
    return _sqlite(settings, foreign_keys) if settings.embedded else _postgres(settings)


def _sqlite(settings: Settings, foreign_keys: bool) -> AsyncEngine:
    url = make_url(settings.url.get_secret_value())
    if url.database and url.database != ":memory:":
        with contextlib.suppress(OSError):  # each connection then fails and says so, until the folder can be made
            Path(url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_async_engine(
        url,
        pool_size=settings.pool_size,
        max_overflow=settings.pool_extra,
        pool_timeout=settings.pool_wait_s,
        connect_args={"timeout": settings.busy_timeout_s},
        json_serializer=dumps,
        hide_parameters=True,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # BEGIN is ours: sqlite3 would begin late, and not before a SELECT
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={round(settings.busy_timeout_s * 1000)}",
            "journal_mode=WAL",
            "synchronous=NORMAL",  # with WAL a power cut loses nothing but the last commits, and never the order
            f"foreign_keys={'ON' if foreign_keys else 'OFF'}",
            f"cache_size=-{_CACHE_KB}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))

    return engine


def _postgres(settings: Settings) -> AsyncEngine:
    return create_async_engine(
        settings.url.get_secret_value(),
        pool_size=settings.pool_size,
        max_overflow=settings.pool_extra,
        pool_timeout=settings.pool_wait_s,
        pool_pre_ping=True,  # a connection that a restart has killed is replaced before it is used
        pool_recycle=1800,
        connect_args={
            "timeout": settings.connect_timeout_s,
            "command_timeout": settings.statement_timeout_s,
            "server_settings": {"application_name": "churnwatch-desk"},
        },
        json_serializer=dumps,
        hide_parameters=True,
    )


def is_away(fault: BaseException) -> bool:
    """Tell whether the database could not be reached or could not work just now, so that the same may do later.

    What is wrong with the rows themselves (a constraint, a value that does not fit) is not: it would fail again.
    """
    if isinstance(fault, OSError | TimeoutError | PoolTimeout):
        return True
    if not isinstance(fault, DBAPIError):
        return False
    if fault.connection_invalidated or isinstance(fault, InterfaceError):
        return True
    for cause in _causes(fault):
        if isinstance(cause, OSError | TimeoutError):
            return True
        if isinstance(cause, sqlite3.Error):
            return (getattr(cause, "sqlite_errorcode", 0) & 0xFF) in _SQLITE_AWAY
        state = getattr(cause, "sqlstate", None)
        if state:
            return str(state).startswith(_POSTGRES_AWAY)
    return False


def _causes(fault: DBAPIError) -> list[BaseException]:
    """Return the driver's exceptions behind it, innermost last."""
    found: list[BaseException] = []
    cause: BaseException | None = fault.orig
    while cause is not None and cause not in found:
        found.append(cause)
        cause = cause.__cause__ or cause.__context__
    return found
