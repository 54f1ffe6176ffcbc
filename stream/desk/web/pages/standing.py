"""How the desk is: for a probe, and for the open page, which says so when the database is away."""

from __future__ import annotations

from aiohttp import web

from stream.desk.store.database import AWAY
from stream.desk.web import answers
from stream.desk.web.keys import SITE


async def health(request: web.Request) -> web.StreamResponse:
    """Answer 200 while the desk can work, else 503 with what is in trouble; no names, no content."""
    troubles = await _troubles(request)
    body = {"status": "trouble" if troubles else "ok", "troubles": troubles}
    return answers.as_json(body, status=503 if troubles else 200)


async def status(request: web.Request) -> web.StreamResponse:
    """Return the line that an open page shows, empty while all is well."""
    return answers.html(request, "status.html", troubles=await _troubles(request))


async def _troubles(request: web.Request) -> dict[str, str]:
    site = request.app[SITE]
    found = dict(site.standing())
    health_ = await site.database.health()
    if not health_.ok:
        found["database"] = health_.state
    elif any(what.startswith(AWAY) for what in found.values()):
        found["database"] = "busy"  # it is read, but nobody can write
    return found
