"""Looks for streams whose session is over: revoked by another process, expired, or of a person who left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from stream.desk.store.database import name_of
from stream.desk.web.keys import SITE, STREAMS
from stream.desk.web.sessions import good_sessions

_log = logging.getLogger(__name__)
_LOOK_EVERY_S = 2.0


async def watched(app: web.Application) -> AsyncIterator[None]:
    """Look for sessions that are over, as long as the application runs."""
    task = asyncio.create_task(_watch(app), name="streams of sessions that are over")
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _watch(app: web.Application) -> None:
    site, streams = app[SITE], app[STREAMS]
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        if not (open_ := streams.sessions):
            continue
        try:
            async with site.database.reading() as session:
                good = await good_sessions(session, open_, site.real())
        except (SQLAlchemyError, OSError) as fault:
            _log.info("sessions cannot be looked at: %s", name_of(fault))
        else:
            streams.end(set(open_) - good)
