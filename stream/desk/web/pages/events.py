"""Live events: one stream an open page, resumed behind the last number it saw."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator

from aiohttp import web

from stream.desk.push.sse import HEADERS, Pace, resume_from, stream
from stream.desk.web.faults import TooMany
from stream.desk.web.keys import PERSON, SITE, STREAMS

_RETRY_S = 30
_LIFE_S = 300.0
"""After this a stream ends and the browser comes back behind the last number: who was signed out does not."""


async def events(request: web.Request) -> web.StreamResponse:
    """Stream a person's pushes until the connection or the desk ends."""
    site, person, open_ = request.app[SITE], request[PERSON], request.app[STREAMS]
    if open_[person.staff_id] >= site.settings.desk.web.streams:
        raise TooMany(_RETRY_S)
    after = resume_from(request.headers.get("Last-Event-ID"), request.query.get("after"))
    given = site.settings.desk.push
    pace = Pace(heartbeat_s=given.heartbeat_s, stall_s=given.stall_s)
    response = web.StreamResponse(headers=HEADERS)
    await response.prepare(request)
    with _counted(open_, person.staff_id), contextlib.suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(_LIFE_S):
            await stream(site.hub, person.staff_id, after, response.write, pace)
    return response


@contextlib.contextmanager
def _counted(open_: Counter[str], staff_id: str) -> Iterator[None]:
    open_[staff_id] += 1
    try:
        yield
    finally:
        open_[staff_id] -= 1
        if not open_[staff_id]:
            del open_[staff_id]
