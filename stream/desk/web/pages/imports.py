"""A manager's lists of customers: read, checked line by line, and assigned."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
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
from stream.desk.web.keys import DETAILS, PERSON, SITE, WORDS
from stream.desk.web.templating import zone_of
from stream.desk.work.commands import Refused

_MOST_LISTS, _MOST_FAULTS = 50, 200


async def page(request: web.Request) -> web.StreamResponse:
    """Show the lists of the branch, and a form for a new one."""
    await audit.write(request, allowed=True)
    return await _page(request)


async def take(request: web.Request) -> web.StreamResponse:
    """Import a file: what is in order is assigned, what is not is shown with its line."""
    given, content = await fields(request), await _content(request)
    asked = Asked(
        content=content,
        list_id=str(given.get("action_id") or secrets.token_hex(16))[:200],
        name=str(given.get("name") or "")[:200],
        branch_id=str(given.get("branch") or own_branches(request)[0]),
        due_at=_due(request, given),
        again=bool(given.get("again")),
    )
    try:
        done = await carry_out(request, asked)
    except ListError as fault:
        return await _page(request, problem=getattr(fault, answers.language(request)), status=400)
    except Refused as refused:
        message = refused.zh if answers.language(request) == "zh" else refused.en
        return await _page(request, problem=message, again=True, status=409)
    return await _page(request, checked=done.checked, count=done.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A list that somebody wants to be imported. `again`: although the same was before."""

    content: bytes
    list_id: str
    name: str
    branch_id: str
    due_at: int | None
    again: bool


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it."""

    checked: list[Checked]
    count: int


async def carry_out(request: web.Request, asked: Asked) -> Imported:
    """Read, check and assign a list, and write down that it was imported.

    Raises:
        Denied: not a branch of who asks.
        ListError: it cannot be read at all.
        Refused: the same one was imported before.
    """
    site, now = request.app[SITE], request.app[SITE].clock()
    if asked.branch_id not in own_branches(request):
        raise Denied
    lines, digest = read_list(asked.content), digest_of(asked.content)
    async with site.database.reading() as session:
        same = await imported_before(session, digest, asked.branch_id)
        checked = await check(session, lines, asked.branch_id, await directory(session))
    if same is not None and same.list_id != asked.list_id and not asked.again:
        raise Refused("imported_before", *(request.app[WORDS].say(name, "lists.before") for name in ("zh", "en")))
    new = NewList(
        list_id=asked.list_id, name=asked.name or asked.list_id, branch_id=asked.branch_id, digest=digest,
        due_at=asked.due_at,
    )  # fmt: skip
    context = acting.Context(site.settings.desk, site.business, site.vault)
    count = await import_list(site.database, actor_of(request), new, checked, now, context, site.hub.committed)
    site.wake()
    request[DETAILS] = {"list_id": asked.list_id, "rows": len(checked)}
    await audit.write(request, allowed=True)
    return Imported(checked, count)


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


def own_branches(request: web.Request) -> tuple[str, ...]:
    """Return the branches that lists can be assigned at.

    Raises:
        Denied: there is none.
    """
    branches = request[PERSON].reach.branch_ids
    if not branches:
        raise Denied
    return branches


async def newest(request: web.Request) -> list[ImportedList]:
    """Return the last lists of the branches of who asks."""
    mine = select(ImportedList).where(ImportedList.branch_id.in_(own_branches(request)))
    async with request.app[SITE].database.reading() as session:
        return list(await session.scalars(mine.order_by(ImportedList.created_at.desc()).limit(_MOST_LISTS)))


async def _page(request: web.Request, *, status: int = 200, **more: Any) -> web.Response:
    language, branches = answers.language(request), own_branches(request)
    lists = await newest(request)
    faulty = [one.line for one in more.get("checked", ()) if one.line.fault is not None]
    faults = [(line.line, line.customer_id or "", words_of(line.fault or "", language)) for line in faulty]
    given = {"problem": None, "again": False, "count": None} | {k: v for k, v in more.items() if k != "checked"}
    return answers.html(
        request, "reports/lists.html", status=status, lists=lists, branches=branches, faults=faults[:_MOST_FAULTS],
        faulty=len(faults), **given,
    )  # fmt: skip
