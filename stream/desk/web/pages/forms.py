"""The forms behind the buttons: each is fetched when it is opened, and is a page of its own without scripts."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.tables import Episode, Profile, Staff
from stream.desk.web import answers, audit
from stream.desk.web.faults import NotFound
from stream.desk.web.keys import CUSTOMER, EPISODE, PERSON, SITE
from stream.desk.web.templating import zone_of
from stream.desk.web.views.episodes import shown
from stream.desk.web.views.names import name_of, opened

OF_EPISODE = ("snooze", "outcome", "refer")
OF_CUSTOMER = ("contact", "note", "handover", "add_task")
_MOST_COLLEAGUES = 500


async def of_episode(request: web.Request) -> web.StreamResponse:
    """Show a form about a warning."""
    do, site = _known(request, OF_EPISODE), request.app[SITE]
    async with site.database.reading() as session:
        row = await session.get(Episode, request[EPISODE])
        if row is None:
            raise NotFound
        name = await _name(session, request)
    title = getattr(shown(row, site.clock(), site.business.currency).title, answers.language(request))
    await audit.write(request, allowed=True)
    action = f"/episodes/{quote(row.episode_id, safe='')}/acts"
    return _form(request, do, action, f"{name} · {title}", back=_back(request))


async def of_customer(request: web.Request) -> web.StreamResponse:
    """Show a form about a customer."""
    do, site, customer_id = _known(request, OF_CUSTOMER), request.app[SITE], request[CUSTOMER]
    async with site.database.reading() as session:
        name = await _name(session, request)
        colleagues = await _colleagues(session, request) if do == "handover" else []
    await audit.write(request, allowed=True)
    action = f"/customers/{quote(customer_id, safe='')}/acts"
    return _form(request, do, action, name, back=_back(request), colleagues=colleagues)


def _back(request: web.Request) -> str:
    return "card" if request.query.get("back") == "card" else "customer"


def _known(request: web.Request, allowed: tuple[str, ...]) -> str:
    do = request.match_info["do"]
    if do not in allowed:
        raise NotFound
    return do


async def _name(session: AsyncSession, request: web.Request) -> str:
    profile = await session.get(Profile, request[CUSTOMER])
    return name_of(profile, request[PERSON], request.app[SITE].vault) or request[CUSTOMER]


async def _colleagues(session: AsyncSession, request: web.Request) -> list[tuple[str, str]]:
    """Return who of the branch could take a customer."""
    person, site = request[PERSON], request.app[SITE]
    branches = {*person.reach.branch_ids, *([person.branch_id] if person.branch_id else [])}
    there = select(Staff).where(Staff.status == "active", Staff.branch_id.in_(branches))
    rows = await session.scalars(there.order_by(Staff.staff_id).limit(_MOST_COLLEAGUES))
    return [(row.staff_id, opened(site.vault, row.name_sealed) or row.staff_id) for row in rows]


def _form(request: web.Request, do: str, action: str, about: str, *, back: str, **more: Any) -> web.Response:
    template = "form.html" if answers.by_htmx(request) else "form_page.html"
    given = {"do": do, "action": action, "about": about, "back": back, "customer_id": request[CUSTOMER]}
    return answers.html(request, template, presets=_presets(request), **{"colleagues": []} | given | more)


def _presets(request: web.Request) -> list[tuple[str, int]]:
    """Return times that are often wanted: at the opening of the office, on the clock of who asks."""
    site = request.app[SITE]
    zone = zone_of(request[PERSON], site.settings.business.time_zone)
    today = dt.datetime.fromtimestamp(site.clock() / 1000, zone).date()
    opens = site.settings.desk.work.hours[0]
    days = {"tomorrow": 1, "three_days": 3, "next_week": 7 - today.weekday()}
    return [
        (name, round(dt.datetime.combine(today + dt.timedelta(n), opens, zone).timestamp() * 1000))
        for name, n in days.items()
    ]
