"""The sign-in page, the sign-out, and what both ways share: a session and its cookie."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import select

from stream.desk.store.tables import Audit, Staff
from stream.desk.web import answers, audit, sessions
from stream.desk.web.keys import PERSON, SEALS, SECURE, SITE, STREAMS
from stream.desk.web.pages.own import local
from stream.desk.web.reach import role_of
from stream.desk.web.views.names import opened

_MOST = 500


async def page(request: web.Request) -> web.StreamResponse:
    """Offer the way to sign in that is configured."""
    site = request.app[SITE]
    to = local(request.query.get("to", "/"))
    if request.get(PERSON) is not None:
        return answers.see(to)
    people = await _people(request) if site.settings.desk.web.sign_in == "development" else []
    return answers.html(request, "sign_in.html", people=people, to=to, failed=request.query.get("failed"))


async def _people(request: web.Request) -> list[tuple[str, str, str, str]]:
    """Return staff id, name, role and branch of those who work here."""
    site = request.app[SITE]
    async with site.database.reading() as session:
        rows = await session.scalars(select(Staff).where(Staff.status != "left").order_by(Staff.staff_id).limit(_MOST))
        return [
            (row.staff_id, opened(site.vault, row.name_sealed) or "", await role_of(session, row), row.branch_id or "")
            for row in rows
        ]


async def begin_session(request: web.Request, staff_id: str, to: str) -> web.Response:
    """Open a session for somebody, and send them where they wanted to go."""
    site, settings, now = request.app[SITE], request.app[SITE].settings.desk.web, request.app[SITE].real()
    async with site.database.transaction(ordered=False) as tx:
        staff = await tx.get(Staff, staff_id)
        if staff is None or staff.status == "left":
            tx.add(_entry(request, staff_id, "", allowed=False))
            return answers.see("/sign-in?failed=unknown")
        role = await role_of(tx, staff)
        token = sessions.open_session(tx, staff_id, role, now, settings)
        tx.add(_entry(request, staff_id, role, allowed=True))
    response = answers.see("/staff" if role == "admin" and local(to) == "/" else local(to))
    idle_s = round(settings.idle_min * 60)
    sessions.set_cookie(response, request.app[SEALS].cookie(token), secure=request.app[SECURE], max_age=idle_s)
    return response


def _entry(request: web.Request, staff_id: str, role: str, *, allowed: bool) -> Audit:
    return audit.entry(
        request, allowed=allowed, actor=staff_id, role=role, act="sign_in", object_kind="session", object_id=None
    )


async def sign_out(request: web.Request) -> web.StreamResponse:
    """End the session here and in the store."""
    site, person = request.app[SITE], request[PERSON]
    async with site.database.transaction(ordered=False) as tx:
        await sessions.revoke(tx, person.session_id, site.real())
        audit.add(tx, request, allowed=True, object_kind="session", object_id=None)
    request.app[STREAMS].end([person.session_id])
    response = answers.see("/sign-in")
    response.del_cookie(sessions.cookie_name(request.app[SECURE]), path="/", secure=request.app[SECURE])
    return response
