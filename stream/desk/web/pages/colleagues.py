"""Who works here: the list, and one of them with leave, departure, move, role and account."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web

from stream.desk.colleagues import Account, ColleagueCommand
from stream.desk.web import answers, audit
from stream.desk.web.bodies import form_fields, read_as
from stream.desk.web.faults import NotFound
from stream.desk.web.keeping import change_colleague
from stream.desk.web.keys import PERSON, SITE
from stream.desk.web.views.colleagues import MOST, ColleagueShown, colleague, colleagues

ROLES = ("rm", "manager", "auditor", "admin")


async def page(request: web.Request) -> web.StreamResponse:
    """Show whom one may manage."""
    await audit.write(request, allowed=True)
    search = request.query.get("search", "").strip()[:200]
    return answers.html(
        request, "keeping/staff.html", people=await managed(request), search=search, roles=ROLES, most=MOST,
        done=request.query.get("done"),
    )  # fmt: skip


async def add(request: web.Request) -> web.StreamResponse:
    """Make somebody known whom the topic does not tell of, such as an auditor."""
    given = await form_fields(request) | {"do": "account"}
    command: Account = read_as(given, Account, strict=False)
    await change_colleague(request, command)
    return answers.see(f"/staff/{quote(command.staff_id, safe='')}?done=account")


async def one(request: web.Request) -> web.StreamResponse:
    """Show one of them."""
    site, person, staff_id = request.app[SITE], request[PERSON], request.match_info["staff_id"]
    async with site.database.reading() as session:
        who = await colleague(session, staff_id, person, site)
        others = await colleagues(session, person, site)
    if who is None:
        raise NotFound
    await audit.write(request, allowed=True)
    there = [other for other in others if other.status == "active" and other.staff_id != staff_id]
    return answers.html(
        request, "keeping/colleague.html", who=who, there=there, roles=ROLES, done=request.query.get("done")
    )


async def act(request: web.Request) -> web.StreamResponse:
    """Carry out what a form asks about somebody."""
    given = await form_fields(request, "successor_ids") | dict(request.match_info)
    command: ColleagueCommand = read_as(given, ColleagueCommand, strict=False)
    await change_colleague(request, command)
    return answers.see(f"/staff/{quote(command.staff_id, safe='')}?done={given['do']}")


async def managed(request: web.Request) -> list[ColleagueShown]:
    """Return whom who asks may manage, by the `search` of the query."""
    site = request.app[SITE]
    search = request.query.get("search", "").strip()[:200]
    async with site.database.reading() as session:
        return await colleagues(session, request[PERSON], site, search)
