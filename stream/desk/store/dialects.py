"""What differs between SQLite and PostgreSQL: how an engine is made, and which faults mean that it is away."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from stream.desk.store.base import without_nul
from stream.desk.store.threads import Threads
from stream.settings.desk import Database as Settings

BEGIN = "desk_begin"
"""Execution option: how a transaction begins on SQLite."""
READ_ONLY = "desk_read_only"
"""Execution option: a transaction on SQLite that must not write."""

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
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_NOMEM,
}
_POSTGRES_AWAY = ("08", "53", "57P", "58", "25006", "55P03", "57014", "40")
"""Classes of SQLSTATE: connection, resources, shut down, system, read-only replica, lock, time-out, deadlock."""
_POSTGRES_ROWS = ("22", "23", "54")
"""Data, constraints, limits such as that of an index's entry."""


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


def make_engine(settings: Settings, *, foreign_keys: bool = True, threads: Threads | None = None) -> AsyncEngine:
    """Return an engine; nothing is connected yet, so that it can be made while the database is away.

    `foreign_keys=False` is for migrations: SQLite alters a table by copying it, and dropping the old one would take
    along what hangs on its rows. `threads` keeps those that SQLite works in.
    """
    return _sqlite(settings, foreign_keys, threads or Threads()) if settings.embedded else _postgres(settings)


def _sqlite(settings: Settings, foreign_keys: bool, threads: Threads) -> AsyncEngine:
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

    @event.listens_for(engine.sync_engine, "do_connect")
    def connecting(_dialect: Any, _entry: ConnectionPoolEntry, _given: Any, more: dict[str, Any]) -> None:
        more["async_creator_fn"] = threads.connect

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # BEGIN is ours: sqlite3 would begin late, and not before a SELECT
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={round(settings.busy_timeout_s * 1000)}",
            "journal_mode=WAL",
            "journal_size_limit=0",  # what was in the log does not stay in its file
            "secure_delete=ON",  # nor what was deleted in the database's
            "synchronous=NORMAL",  # with WAL a power cut loses nothing but the last commits, and never the order
            f"foreign_keys={'ON' if foreign_keys else 'OFF'}",
            f"cache_size=-{_CACHE_KB}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        read_only = bool(options.get(READ_ONLY, False))
        if connection.info.get(READ_ONLY, False) != read_only:
            connection.exec_driver_sql(f"PRAGMA query_only={'ON' if read_only else 'OFF'}")
            connection.info[READ_ONLY] = read_only
        connection.exec_driver_sql(options.get(BEGIN, "BEGIN"))

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
    """Tell whether the database could not be reached or could not work just now, so that the same may do later."""
    if isinstance(fault, OSError | TimeoutError | PoolTimeout):
        return True
    if not isinstance(fault, DBAPIError) or is_rows_fault(fault):
        return False
    if fault.connection_invalidated or isinstance(fault, InterfaceError):
        return True
    causes = list(_causes(fault))
    codes = {getattr(cause, "sqlite_errorcode", 0) & 0xFF for cause in causes}
    broken = any(isinstance(cause, OSError) for cause in causes)
    return broken or bool(codes & _SQLITE_AWAY) or _state(causes).startswith(_POSTGRES_AWAY)


def is_rows_fault(fault: BaseException) -> bool:
    """Tell whether the rows themselves cannot be stored: the same would fail again, and others than these may do.

    A fault that is neither this nor `is_away` is one of the program or of the tables.
    """
    if isinstance(fault, IntegrityError | DataError | OverflowError | UnicodeError):
        return True
    if not isinstance(fault, StatementError):
        return False
    causes = list(_causes(fault))
    # what a driver could not even send; SQLAlchemy calls some of these faults of the connection
    unsendable = any(isinstance(cause, ValueError | TypeError | OverflowError) for cause in causes)
    return unsendable or _state(causes).startswith(_POSTGRES_ROWS)


AWAY = "the database is away"


def away(fault: BaseException) -> str:
    """Return what is said of a fault that `is_away`: `AWAY`, and its kind."""
    return f"{AWAY} ({name_of(fault)})"


def name_of(fault: BaseException) -> str:
    """Return what may stand in a log: kinds and code of a fault, without the values that PostgreSQL's words quote."""
    if not isinstance(fault, StatementError):
        return type(fault).__name__
    causes = list(_causes(fault))
    parts = [type(fault).__name__, *(type(cause).__name__ for cause in causes[-1:]), _state(causes)]
    return " ".join(dict.fromkeys(part for part in parts if part))


def _state(causes: Iterable[BaseException]) -> str:
    """Return PostgreSQL's SQLSTATE, where there is one."""
    return next((str(cause.sqlstate) for cause in causes if getattr(cause, "sqlstate", None)), "")  # type: ignore[attr-defined]


def _causes(fault: StatementError) -> Iterator[BaseException]:
    """Go from SQLAlchemy's exception to the driver's own."""
    cause: BaseException | None = fault.orig
    while cause is not None:
        yield cause
        cause = cause.__cause__
