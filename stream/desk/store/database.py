"""Opening, closing, transactions and health of the store. Nothing here is global: who needs it is given it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from stream.desk.store.dialects import AWAY, BEGIN, READ_ONLY, away, is_away, is_rows_fault, make_engine, name_of
from stream.desk.store.migrate import heads, standing
from stream.desk.store.threads import Threads
from stream.settings.desk import Database as Settings

__all__ = ["AWAY", "ORDERED", "QUEUED", "Database", "Health", "away", "is_away", "is_rows_fault", "name_of"]

ORDERED = "desk_ordered"
"""In `session.info` of a transaction whose numbers are committed in their order."""
QUEUED = "desk_queued"
"""In `session.info` of a transaction: the destinations for which it has queued something."""
_WRITERS = text("SELECT pg_advisory_xact_lock(4873312071)")
"""One number for all of the desk's ordered writers; held until the transaction has ended."""


@dataclass(frozen=True, slots=True)
class Health:
    """`there`: it answers, and its tables are of this version. `behind`: they are not. `away`: it does not answer."""

    state: Literal["there", "behind", "away"]
    fault: str = ""  # the kind of fault, no content
    took_ms: float = 0.0

    @property
    def ok(self) -> bool:
        """Tell whether the desk can work."""
        return self.state == "there"


class Database:
    """The store of one process."""

    def __init__(self, engine: AsyncEngine, threads: Threads) -> None:
        """As `open` makes it; `threads`: what SQLite works in."""
        self.engine, self._threads = engine, threads
        self.dialect = engine.dialect.name  # sqlite, postgresql
        embedded = self.dialect == "sqlite"
        # SQLite has one writer: ours queue here in their order, and only other processes meet the busy time-out.
        self._one_writer = asyncio.Lock() if embedded else contextlib.nullcontext()
        reading = {READ_ONLY: True} if embedded else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._hearers: list[Callable[[frozenset[str]], None]] = []
        self._writers = _sessions(engine.execution_options(**{BEGIN: "BEGIN IMMEDIATE"}))
        self._readers = _sessions(engine.execution_options(**reading))

    @classmethod
    def open(cls, settings: Settings) -> Database:
        """Return the store; connects when it is first used, so that this works while the database is away."""
        threads = Threads()
        return cls(make_engine(settings, threads=threads), threads)

    async def close(self) -> None:
        """Give all connections back; what a cancelled task left under way has ended then, too."""
        await self.engine.dispose()
        await self._threads.ended()

    @contextlib.asynccontextmanager
    async def transaction(self, *, ordered: bool = True) -> AsyncIterator[AsyncSession]:
        """Begin a transaction that writes: committed at the end of the block, rolled back when it raises.

        Keep it short: ordered ones come one after another. `ordered=False` is for rows whose order nobody reads.

        Raises:
            SQLAlchemyError, OSError: `is_away(fault)` tells whether to try the whole block again later,
                `is_rows_fault(fault)` whether to look for the row that cannot be stored.
        """
        async with self._one_writer, self._writers.begin() as session:
            session.info[ORDERED] = ordered
            if ordered and self.dialect == "postgresql":
                await session.execute(_WRITERS)
            yield session
        for hear in self._hearers if session.info.get(QUEUED) else ():
            hear(frozenset(session.info[QUEUED]))

    @contextlib.contextmanager
    def hearing(self, hear: Callable[[frozenset[str]], None]) -> Iterator[None]:
        """Tell `hear` after each commit of this process for which destinations something was queued, if for any."""
        self._hearers.append(hear)
        try:
            yield
        finally:
            self._hearers.remove(hear)

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Begin a transaction that reads: all of its queries see the same moment, and it waits for no writer."""
        async with self._readers.begin() as session:
            yield session

    async def health(self, timeout_s: float = 5.0) -> Health:
        """Ask the database how it is. Raises nothing that is a database's fault."""
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(timeout_s), self.engine.connect() as connection:
                current = await connection.run_sync(standing) == heads()
        except (SQLAlchemyError, OSError) as fault:
            return Health("away", name_of(fault), _since(begun))
        return Health("there" if current else "behind", "" if current else "schema", _since(begun))


def _sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """What was read stays readable after the commit; what is written is written when it is asked for or at the end."""
    return async_sessionmaker(engine, expire_on_commit=False)


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000
