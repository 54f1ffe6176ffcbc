"""From the cookie, or a program's access token, to the person; and the cookie signed anew while it is used."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.repositories.people import preference_of
from stream.desk.store.tables import Session, Staff
from stream.desk.web import sessions
from stream.desk.web.faults import Away, BadToken
from stream.desk.web.keys import LANGUAGE, PERSON, RENEWED, ROUTE, SEALS, SECURE, SITE, TOKENS
from stream.desk.web.needs import Limit
from stream.desk.web.person import Person
from stream.desk.web.reach import reach_of, role_of
from stream.desk.web.route import Handler
from stream.desk.web.signing.bearer import token_of
from stream.desk.web.signing.provider import ProviderError
from stream.desk.web.signing.who import staff_of
from stream.desk.web.words import choose


@web.middleware
async def signed_in(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who asks and in which language to answer. What is free is answered without asking the store."""
    site = request.app[SITE]
    token = token_of(request) if request[ROUTE].is_api and request.app[TOKENS] is not None else None
    if token is not None:
        await _recognise_program(request, token)
    elif request[ROUTE].limit is not Limit.FREE:
        await _recognise(request)
    person = request.get(PERSON)
    request[LANGUAGE] = choose(
        person.language if person else request.query.get("lang"),
        request.cookies.get("desk_language"),
        request.headers.get("Accept-Language", ""),
        site.settings.desk.web.language,
    )
    return await handler(request)


async def _recognise_program(request: web.Request, token: str) -> None:
    """Go by the access token, and by nothing else that the request brings.

    Raises:
        BadToken: it is not believed, or its program is nobody who works here.
        Away: the identity provider's keys cannot be read.
    """
    site, tokens, now = request.app[SITE], request.app[TOKENS], request.app[SITE].real()
    assert tokens is not None
    try:
        claims = await tokens.claims(token, now // 1000)
    except ProviderError:
        raise Away from None
    async with site.database.reading() as session:
        staff = await staff_of(session, claims, site.settings.desk.oidc)
        if staff is None or staff.status == "left":
            raise BadToken
        person = await _person(request, session, f"token/{staff.staff_id}", staff)  # rates are the program's
    request[PERSON] = replace(person, csrf="", scopes=tokens.scopes(claims), until=int(claims["exp"]) * 1000)


async def _recognise(request: web.Request) -> None:
    """Go by the cookie. A session in use is noted once a minute, and its cookie signed anew with the answer."""
    site, now = request.app[SITE], request.app[SITE].real()
    cookie = request.cookies.get(sessions.cookie_name(request.app[SECURE]), "")
    token = request.app[SEALS].token(cookie, site.settings.desk.web.idle_min * 60) if cookie else None
    row = await _identify(request, token, now) if token else None
    if token is not None and row is not None and sessions.is_stale(row, now):
        async with site.database.transaction(ordered=False) as tx:
            await sessions.touch(tx, row.session_id, now)
        request[RENEWED] = request.app[SEALS].cookie(token)


def renew(request: web.Request, response: web.StreamResponse) -> None:
    """Give the browser the cookie that was signed anew, before the answer begins; a sign-out has set its own."""
    secure, cookie = request.app[SECURE], request.get(RENEWED)
    if cookie is not None and sessions.cookie_name(secure) not in response.cookies:
        idle_s = round(request.app[SITE].settings.desk.web.idle_min * 60)
        made = web.Response()
        sessions.set_cookie(made, cookie, secure=secure, max_age=idle_s)
        line = made.cookies[sessions.cookie_name(secure)].output(header="").strip()
        response.headers.add("Set-Cookie", line)  # the answer's own cookies are among its headers by now


async def _identify(request: web.Request, token: str, now: int) -> Session | None:
    """Put the person into the request, where the session is still good and they still work here."""
    site = request.app[SITE]
    async with site.database.reading() as session:
        row = await sessions.find_session(session, token, now, site.settings.desk.web)
        staff = await session.get(Staff, row.staff_id) if row else None
        if row is None or staff is None or staff.status == "left":
            return None
        request[PERSON] = await _person(request, session, row.session_id, staff)
    return row


async def _person(request: web.Request, session: AsyncSession, session_id: str, staff: Staff) -> Person:
    site = request.app[SITE]
    set_by_them = await preference_of(session, staff.staff_id)
    role = await role_of(session, staff)
    return Person(
        staff_id=staff.staff_id,
        role=role,
        session_id=session_id,
        csrf=request.app[SEALS].csrf(session_id),
        name=site.vault.open_if(staff.name_sealed) or "",
        branch_id=staff.branch_id,
        language=(set_by_them.language if set_by_them else None) or staff.language,
        time_zone=(set_by_them.time_zone if set_by_them else None) or staff.time_zone,
        reach=await reach_of(session, staff, role),
    )
