"""Tasks, and what managers are asked for."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from stream.desk.web import answers, audit
from stream.desk.web.keys import DETAILS, PERSON, SITE
from stream.desk.web.views.shown import ApprovalShown, TaskShown
from stream.desk.web.views.tasks import open_tasks, pending_approvals


async def tasks(request: web.Request) -> web.StreamResponse:
    """Show the open tasks."""
    rows = await tasks_of(request)
    return answers.html(request, "tasks.html", tasks=rows, done=request.query.get("done"))


async def approvals(request: web.Request) -> web.StreamResponse:
    """Show what waits for a decision."""
    rows = await approvals_of(request)
    return answers.html(request, "approvals.html", approvals=rows, done=request.query.get("done"))


async def tasks_of(request: web.Request) -> list[TaskShown]:
    """Return the open tasks of who asks, and write down whose they saw."""
    site = request.app[SITE]
    async with site.database.reading() as session:
        rows = await open_tasks(session, request[PERSON], site)
    await _noted(request, rows)
    return rows


async def approvals_of(request: web.Request) -> list[ApprovalShown]:
    """Return what waits for a decision of who asks, and write down whose they saw."""
    site = request.app[SITE]
    async with site.database.reading() as session:
        rows = await pending_approvals(session, request[PERSON], site)
    await _noted(request, rows)
    return rows


async def _noted(request: web.Request, rows: Sequence[TaskShown | ApprovalShown]) -> None:
    request[DETAILS] = {"shown": [row.customer_id for row in rows]}
    await audit.write(request, allowed=True)
