"""Live events: one stream an open page, resumed behind the last number it saw."""

from __future__ import annotations

import contextlib

from aiohttp import web

from stream.desk.push.sse import HEADERS, Pace, resume_from, stream
from stream.desk.web.faults import TooMany
from stream.desk.web.keys import PERSON, SITE, STREAMS

_RETRY_S = 30
_LIFE_S = 300.0
"""After this a stream ends and the browser comes back behind the last number: that keeps a session in use."""


async def events(request: web.Request) -> web.StreamResponse:
    """Stream a person's pushes until the connection or the desk ends."""
    site, person, streams = request.app[SITE], request[PERSON], request.app[STREAMS]
    if streams.of(person.staff_id) >= site.settings.desk.web.streams:
        raise TooMany(_RETRY_S)
    after = resume_from(request.headers.get("Last-Event-ID"), request.query.get("after"))
    given = site.settings.desk.push
    pace = Pace(heartbeat_s=given.heartbeat_s, stall_s=given.stall_s)
    response = web.StreamResponse(headers=HEADERS)
    with contextlib.suppress(TimeoutError, ConnectionError):
        life_s = _LIFE_S if person.until is None else min(_LIFE_S, (person.until - site.real()) / 1000)
        session_id = person.session_id if person.scopes is None else None
        async with streams.open(person.staff_id, session_id, life_s):
            await response.prepare(request)
            await stream(site.hub, person.staff_id, after, response.write, pace)
    return response
