"""What the repositories share: an insert that knows conflicts on either database, and chunks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar, cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.base import Base
from stream.desk.store.database import ORDERED

T = TypeVar("T")

CHUNK = 500
"""Values in one `IN`: SQLite and asyncpg take some 32 000 parameters in a statement."""


class UnorderedError(RuntimeError):
    """Something was to be numbered in a transaction that does not commit in order."""


def table(entity: type[Base]) -> Table:
    """Return the table of an entity, for statements on many rows at once."""
    return cast(Table, entity.__table__)


def insert_into(session: AsyncSession, entity: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Return an insert with `on_conflict_do_nothing` and `on_conflict_do_update`; keys are names of columns."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table(entity))
    return sqlite.insert(table(entity))


def chunks(values: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces of at most `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def must_be_ordered(session: AsyncSession) -> None:
    """Refuse to number rows in a transaction that took no turn: a lower number could be committed after a higher one.

    Raises:
        UnorderedError: the session is not of `Database.transaction()`, or of one with `ordered=False`.
    """
    if not session.info.get(ORDERED):
        raise UnorderedError("rows that others read in their order need Database.transaction(ordered=True)")
