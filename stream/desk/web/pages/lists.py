"""Tasks, and what managers are asked for."""

from __future__ import annotations

from aiohttp import web

from stream.desk.web import answers, audit
from stream.desk.web.keys import DETAILS, PERSON, SITE
from stream.desk.web.views.tasks import open_tasks, pending_approvals


async def tasks(request: web.Request) -> web.StreamResponse:
    """Show the open tasks."""
    site = request.app[SITE]
    async with site.database.reading() as session:
        rows = await open_tasks(session, request[PERSON], site)
    request[DETAILS] = {"shown": [row.customer_id for row in rows]}
    await audit.write(request, allowed=True)
    return answers.html(request, "tasks.html", tasks=rows, done=request.query.get("done"))


async def approvals(request: web.Request) -> web.StreamResponse:
    """Show what waits for a decision."""
    site = request.app[SITE]
    async with site.database.reading() as session:
        rows = await pending_approvals(session, request[PERSON], site)
    request[DETAILS] = {"shown": [row.customer_id for row in rows]}
    await audit.write(request, allowed=True)
    return answers.html(request, "approvals.html", approvals=rows, done=request.query.get("done"))
