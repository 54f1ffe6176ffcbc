"""One of many things that are due must not keep the others waiting: what fails is undone alone, and tried later."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.database import is_rows_fault, name_of
from stream.faults import describe

log = logging.getLogger(__name__)

LATER_MS = 15 * 60_000
T = TypeVar("T")


async def guarded(tx: AsyncSession, work: Awaitable[T]) -> T | None:
    """Do something in a savepoint and return what came of it; `None`: it failed, and nothing of it was written.

    Raises:
        DBAPIError: the database is away, which concerns all.
    """
    try:
        async with tx.begin_nested():
            return await work
    except DBAPIError as fault:
        if not is_rows_fault(fault):
            raise
        log.error("something that is due cannot be written: %s", name_of(fault))
    except Exception as fault:
        log.error("something that is due failed: %s", describe(fault))
    return None
