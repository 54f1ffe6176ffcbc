"""Closes each month when its time has come: looks again and again, so that a restart or an absence misses none."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from stream.desk.reports.closing import close, due, is_closed
from stream.desk.reports.month import Month
from stream.desk.store.database import Database, name_of
from stream.domain.business import Business
from stream.settings.desk_reports import Reports

_log = logging.getLogger(__name__)
_LOOK_EVERY_S = 300.0


class MonthCloser:
    """Safe to run in several processes: what one has kept the others leave alone."""

    def __init__(self, database: Database, business: Business, settings: Reports, clock: Callable[[], int]) -> None:
        """`clock`: wall clock, epoch ms."""
        self._database, self._business, self._settings, self._clock = database, business, settings, clock
        self._done: Month | None = None

    async def run(self) -> None:
        """Go on until cancelled; while the database is away it waits."""
        while True:
            try:
                await self.look()
            except (SQLAlchemyError, OSError) as fault:
                _log.warning("the month cannot be closed: %s", name_of(fault))
            await asyncio.sleep(_LOOK_EVERY_S)

    async def look(self) -> Month | None:
        """Close the last month if it is due and not closed; return which one it closed."""
        now = self._clock()
        month = due(now, self._business, self._settings)
        if month is None or month == self._done:
            return None
        async with self._database.reading() as session:
            closed = await is_closed(session, month)
        if not closed:
            count = await close(self._database, month, self._business, self._settings, now)
            _log.info("closed %s: %d branches and the house", month, max(count - 1, 0))
        self._done = month
        return None if closed else month
