"""A manager's lists of customers: read, checked line by line, and assigned."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from aiohttp import web
from sqlalchemy import select

from stream.desk import acting
from stream.desk.reports.checking import Checked, check, words_of
from stream.desk.reports.listing import NewList, import_list, imported_before
from stream.desk.reports.lists import ListError, digest_of, read_list
from stream.desk.store.repositories.people import directory
from stream.desk.store.tables import ImportedList
from stream.desk.web import answers, audit
from stream.desk.web.bodies import fields
from stream.desk.web.doing import actor_of
from stream.desk.web.faults import BadRequest, Denied
from stream.desk.web.keys import DETAILS, PERSON, SITE
from stream.desk.web.templating import zone_of

_MOST_LISTS, _MOST_FAULTS = 50, 200


async def page(request: web.Request) -> web.StreamResponse:
    """Show the lists of the branch, and a form for a new one."""
    await audit.write(request, allowed=True)
    return await _page(request)


async def take(request: web.Request) -> web.StreamResponse:
    """Import a file: what is in order is assigned, what is not is shown with its line."""
    site, given, content = request.app[SITE], await fields(request), await _content(request)
    branch_id = str(given.get("branch") or _own_branches(request)[0])
    if branch_id not in _own_branches(request):
        raise Denied
    try:
        lines = read_list(content)
    except ListError as fault:
        return await _page(request, problem=getattr(fault, answers.language(request)), status=400)
    async with site.database.reading() as session:
        same = await imported_before(session, digest_of(content), branch_id)
        checked = await check(session, lines, branch_id, await directory(session))
    if same is not None and not given.get("again"):
        return await _page(request, problem=answers.say(request, "lists.before"), again=True, status=409)
    count = await _assign(request, given, branch_id, content, checked)
    return await _page(request, checked=checked, count=count)


async def _assign(
    request: web.Request, given: dict[str, Any], branch_id: str, content: bytes, checked: list[Checked]
) -> int:
    site, now = request.app[SITE], request.app[SITE].clock()
    list_id = str(given.get("action_id") or secrets.token_hex(16))[:200]
    name = str(given.get("name") or list_id)[:200]
    new = NewList(
        list_id=list_id, name=name, branch_id=branch_id, digest=digest_of(content), due_at=_due(request, given)
    )
    context = acting.Context(site.settings.desk, site.business, site.vault)
    count = await import_list(site.database, actor_of(request), new, checked, now, context, site.hub.committed)
    site.wake()
    request[DETAILS] = {"list_id": list_id, "rows": len(checked)}
    await audit.write(request, allowed=True)
    return count


async def _content(request: web.Request) -> bytes:
    file = (await request.post()).get("file")
    if not isinstance(file, web.FileField):
        raise BadRequest("file: expected a file")
    return file.file.read()


def _due(request: web.Request, given: dict[str, Any]) -> int | None:
    """Return the end of the day that the form names, on the clock of who asks."""
    if not given.get("due"):
        return None
    try:
        day = dt.date.fromisoformat(str(given["due"]))
    except ValueError:
        raise BadRequest("due: expected a date") from None
    site = request.app[SITE]
    zone = zone_of(request[PERSON], site.settings.business.time_zone)
    return round(dt.datetime.combine(day, site.settings.desk.work.hours[1], zone).timestamp() * 1000)


def _own_branches(request: web.Request) -> tuple[str, ...]:
    branches = request[PERSON].reach.branch_ids
    if not branches:
        raise Denied
    return branches


async def _page(request: web.Request, *, status: int = 200, **more: Any) -> web.Response:
    language, branches = answers.language(request), _own_branches(request)
    newest = select(ImportedList).where(ImportedList.branch_id.in_(branches)).order_by(ImportedList.created_at.desc())
    async with request.app[SITE].database.reading() as session:
        lists = list(await session.scalars(newest.limit(_MOST_LISTS)))
    faulty = [one.line for one in more.get("checked", ()) if one.line.fault is not None]
    faults = [(line.line, line.customer_id or "", words_of(line.fault or "", language)) for line in faulty]
    given = {"problem": None, "again": False, "count": None} | {k: v for k, v in more.items() if k != "checked"}
    return answers.html(
        request, "reports/lists.html", status=status, lists=lists, branches=branches, faults=faults[:_MOST_FAULTS],
        faulty=len(faults), **given,
    )  # fmt: skip
