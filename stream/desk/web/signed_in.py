"""From the cookie to the person, and the cookie signed anew while it is used."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.repositories.people import preference_of
from stream.desk.store.tables import Session, Staff
from stream.desk.web import sessions
from stream.desk.web.keys import LANGUAGE, PERSON, SEALS, SECURE, SITE
from stream.desk.web.person import Person
from stream.desk.web.reach import reach_of, role_of
from stream.desk.web.route import Handler
from stream.desk.web.words import choose


@web.middleware
async def signed_in(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who asks and in which language to answer."""
    site = request.app[SITE]
    settings, now = site.settings.desk.web, site.clock()
    cookie = request.cookies.get(sessions.cookie_name(request.app[SECURE]), "")
    token = request.app[SEALS].token(cookie, settings.idle_min * 60) if cookie else None
    row = await _identify(request, token, now) if token else None
    person = request.get(PERSON)
    request[LANGUAGE] = choose(
        person.language if person else None,
        request.cookies.get("desk_language"),
        request.headers.get("Accept-Language", ""),
        settings.language,
    )
    response = await handler(request)
    if row is not None and token is not None and sessions.is_stale(row, now) and not response.prepared:
        async with site.database.transaction(ordered=False) as tx:
            await sessions.touch(tx, row.session_id, now)
        again = request.app[SEALS].cookie(token)
        if sessions.cookie_name(request.app[SECURE]) not in response.cookies:  # a sign-out has set its own
            idle_s = round(settings.idle_min * 60)
            sessions.set_cookie(response, again, secure=request.app[SECURE], max_age=idle_s)
    return response


async def _identify(request: web.Request, token: str, now: int) -> Session | None:
    """Put the person into the request, where the session is still good and they still work here."""
    site = request.app[SITE]
    async with site.database.reading() as session:
        row = await sessions.find_session(session, token, now, site.settings.desk.web)
        staff = await session.get(Staff, row.staff_id) if row else None
        if row is None or staff is None or staff.status == "left":
            return None
        request[PERSON] = await _person(request, session, row, staff)
    return row


async def _person(request: web.Request, session: AsyncSession, row: Session, staff: Staff) -> Person:
    site = request.app[SITE]
    set_by_them = await preference_of(session, staff.staff_id)
    role = await role_of(session, staff)
    return Person(
        staff_id=staff.staff_id,
        role=role,
        session_id=row.session_id,
        csrf=request.app[SEALS].csrf(row.session_id),
        name=site.vault.open_if(staff.name_sealed) or "",
        branch_id=staff.branch_id,
        language=(set_by_them.language if set_by_them else None) or staff.language,
        time_zone=(set_by_them.time_zone if set_by_them else None) or staff.time_zone,
        reach=await reach_of(session, staff, role),
    )
