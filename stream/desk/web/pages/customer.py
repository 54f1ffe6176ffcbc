"""A customer's page, why there was no alert, and the export of a referral."""

from __future__ import annotations

from aiohttp import web

from stream.desk.store.tables import Referral
from stream.desk.web import answers, audit
from stream.desk.web.exporting import table, utc
from stream.desk.web.faults import NotFound
from stream.desk.web.keys import CUSTOMER, DETAILS, KINDS, PERSON, SITE
from stream.desk.web.views.customers import customer
from stream.desk.web.views.shown import CustomerShown
from stream.desk.web.views.whys import asked_why


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
