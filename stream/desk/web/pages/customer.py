"""A customer's page, why there was no alert, and the export of a referral."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from aiohttp import web
from sqlalchemy import select

from stream.desk.store.tables import Episode, Referral
from stream.desk.web import answers, audit
from stream.desk.web.exporting import table, utc
from stream.desk.web.faults import NoAnswerYet, NotFound
from stream.desk.web.keys import CUSTOMER, DETAILS, EPISODE, KINDS, PERSON, SITE
from stream.desk.web.templating import dom
from stream.desk.web.views.customers import customer
from stream.desk.web.views.movements import Movements, asked_movements
from stream.desk.web.views.shown import CustomerShown
from stream.desk.web.views.timeline import timeline_of, with_movements
from stream.desk.web.views.whys import asked_why

_MOST_MARKS = 50


async def shown(request: web.Request) -> CustomerShown:
    """Return the customer of a request, and write down that they were looked at."""
    site, person = request.app[SITE], request[PERSON]
    async with site.database.reading() as session:
        made = await customer(session, request[CUSTOMER], person, site)
    request[DETAILS] = {"names": made.name is not None or made.phone is not None}
    await audit.write(request, allowed=True)
    return made


async def page(request: web.Request) -> web.StreamResponse:
    """Show a customer."""
    return answers.html(request, "customer/page.html", customer=await shown(request), done=request.query.get("done"))


async def case(request: web.Request) -> web.StreamResponse:
    """Lead from a warning's id, which a mail or a notification may hold, to its customer's page."""
    there = f"/customers/{quote(request[CUSTOMER], safe='')}#episode-{dom(request[EPISODE])}"
    return answers.see(there)


async def history(request: web.Request) -> web.StreamResponse:
    """Show the timeline with what moved, and the curves: the page fetches it once it is there."""
    site, person = request.app[SITE], request[PERSON]
    try:
        moved, away = await moved_of(request), False
    except NoAnswerYet:  # the rest of the timeline is the desk's own
        moved, away = Movements(known=False), True
    async with site.database.reading() as session:
        moments = await timeline_of(session, request[CUSTOMER], site.vault, texts=person.may_call)
    given: dict[str, Any] = {"moved": moved, "away": away, "timeline": with_movements(moments, moved), "asks": False}
    template = "customer/history.html" if answers.by_htmx(request) else "customer/history_page.html"
    return answers.html(request, template, customer_id=request[CUSTOMER], **given)


async def moved_of(request: web.Request) -> Movements:
    """Return what moved at the customer of a request, and write down that it was looked at.

    Raises:
        NoAnswerYet: no worker answered.
    """
    site = request.app[SITE]
    opened = select(Episode.opened_at).where(Episode.customer_id == request[CUSTOMER])
    async with site.database.reading() as session:
        warned_at = list(await session.scalars(opened.order_by(Episode.opened_at.desc()).limit(_MOST_MARKS)))
    await audit.write(request, allowed=True)
    return await asked_movements(site, request[CUSTOMER], warned_at)


async def why(request: web.Request) -> web.StreamResponse:
    """Show what every rule and stage said last."""
    said = await asked_why(request.app[SITE], request[CUSTOMER])
    await audit.write(request, allowed=True)
    return answers.html(request, "customer/why.html", why=said, customer_id=request[CUSTOMER], kinds=request.app[KINDS])


async def referral(request: web.Request) -> web.StreamResponse:
    """Give the department it was referred to what it needs: figures and reasons, no name and no number."""
    site, person = request.app[SITE], request[PERSON]
    language = answers.language(request)
    async with site.database.reading() as session:
        row = await session.get(Referral, request.match_info["referral_id"])
        if row is None:
            raise NotFound
        about = await customer(session, row.customer_id, person, site)
    await audit.write(request, allowed=True)
    body = table(_lines(row, about, language))
    headers = {"Content-Disposition": 'attachment; filename="referral.csv"'}
    return web.Response(body=body, content_type="text/csv", charset="utf-8", headers=headers)


def _lines(row: Referral, about: CustomerShown, language: str) -> list[list[object]]:
    lines: list[list[object]] = [
        ["referral_id", row.referral_id],
        ["department", row.department],
        ["customer_id", about.customer_id],
        ["by", row.by],
        ["at", utc(row.at)],
        [],
        ["episode_id", "kind", "severity", "opened_at", "title", "reason"],
    ]
    for episode in about.episodes:
        if episode.ended_at is None or episode.episode_id == row.episode_id:
            title, reason = getattr(episode.title, language), getattr(episode.reason, language)
            lines.append(
                [episode.episode_id, episode.kind, episode.severity, utc(episode.opened_at), title, reason]
            )  # fmt: skip
    return lines
