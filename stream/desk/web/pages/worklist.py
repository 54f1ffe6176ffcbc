"""The worklist: the page, its rows when a filter changes, one card when a push tells of it, the export."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from msgspec import structs
from multidict import MultiMapping

from stream.desk.store.repositories.pushes import last_numbers
from stream.desk.store.repositories.worklist import WorklistQuery, worklist
from stream.desk.web import answers, audit
from stream.desk.web.exporting import worklist_csv
from stream.desk.web.keys import CUSTOMER, DETAILS, KINDS, PERSON, SITE
from stream.desk.web.views.listing import LISTS, ORDERS, STATUSES, asked, listed, looked_up
from stream.desk.web.views.shown import WorklistShown

_KEPT = frozenset({*LISTS, "status", "order", "search", "storm", "priorities", "limit", "offset"})
SEVERITIES = ("critical", "high", "medium", "low")
CLASSES = ("key", "potential", "maintain", "mass", "adjust", "phase-out")


async def page(request: web.Request) -> web.StreamResponse:
    """Show the worklist, or only its rows where the page itself asks."""
    site, person = request.app[SITE], request[PERSON]
    query = asked(request.query, person, site)
    async with site.database.reading() as session:
        last = (await last_numbers(session, [person.staff_id])).get(person.staff_id, 0)
        query = await looked_up(session, query, person, site)
        shown = await listed(session, query, person, site)
    request[DETAILS] = {"shown": [card.customer_id for card in shown.cards], **filters(query)}
    await audit.write(request, allowed=True)
    template = "worklist/rows.html" if answers.by_htmx(request) else "worklist/page.html"
    done = request.query.get("done")
    response = answers.html(request, template, after=last, done=done, **values(request, query, shown, request.query))
    if answers.by_htmx(request):  # what was searched for stays out of the address and the history
        response.headers["HX-Push-Url"] = _address(request.query, search="", offset=0)
    return response


def values(
    request: web.Request, query: WorklistQuery, shown: WorklistShown, given: MultiMapping[str]
) -> dict[str, Any]:
    """Return what the templates of the list are given; `given`: the filters as they came."""
    last = shown.offset + len(shown.cards)
    following = shown.offset + shown.limit
    return {
        "list": shown,
        "query": query,
        "statuses": STATUSES,
        "orders": ORDERS,
        "severities": SEVERITIES,
        "classes": CLASSES,
        "kinds": request.app[KINDS],
        "first": shown.offset + 1 if shown.cards else 0,
        "last": last,
        "total": shown.total,
        "previous": _address(given, offset=max(0, shown.offset - shown.limit)) if shown.offset else "",
        "next": _address(given, offset=following) if following < shown.total else "",
        "export": _address(given, to="/worklist.csv"),
        "tab": lambda status: _address(given, status=status, offset=0),
    }


def _address(given: MultiMapping[str], to: str = "/", **changed: Any) -> str:
    kept = [(name, value) for name, value in given.items() if name in _KEPT and name not in changed and value]
    asked_for = urlencode([*kept, *((name, value) for name, value in changed.items() if value)])
    return f"{to}?{asked_for}" if asked_for else to


async def card(request: web.Request) -> web.StreamResponse:
    """Show one customer's card as the list with these filters would; nothing where it would not."""
    return await one(request, request.query)


async def one(request: web.Request, filters_: MultiMapping[str]) -> web.Response:
    """Return the card of the customer of a request, by filters from wherever they came."""
    site, person = request.app[SITE], request[PERSON]
    query = asked(filters_, person, site)
    async with site.database.reading() as session:
        query = await looked_up(session, query, person, site)
        only = replace(query, customer_ids=(request[CUSTOMER],), offset=0, limit=1)
        shown = await listed(session, only, person, site, counted=query)
        whole = await worklist(session, replace(query, limit=1, offset=0), site.clock())
    await audit.write(request, allowed=True)
    total = whole.total
    given = values(request, query, structs.replace(shown, more=whole.more), filters_)
    last = min(total, query.offset + query.limit)
    given |= {"total": total, "first": min(last, query.offset + 1), "last": last}
    return answers.html(request, "worklist/one.html", **given)


def filters(query: WorklistQuery) -> dict[str, Any]:
    """Return what was asked for, for the audit: the fact of a search, not its words."""
    return {"status": query.status, "order": query.order, "offset": query.offset, "searched": bool(query.search)}


async def export(request: web.Request) -> web.StreamResponse:
    """Give the list as a file, with at most the configured number of customers."""
    site, person = request.app[SITE], request[PERSON]
    query = asked(request.query, person, site)
    most = site.settings.desk.web.export_rows
    whole = replace(query, offset=0, limit=most)
    async with site.database.reading() as session:
        shown = await listed(session, await looked_up(session, whole, person, site), person, site)
    request[DETAILS] = {"rows": len(shown.cards), **filters(query)}
    await audit.write(request, allowed=True)
    body = worklist_csv(shown.cards, answers.language(request), answers.teller(request))
    headers = {"Content-Disposition": 'attachment; filename="worklist.csv"'}
    return web.Response(body=body, content_type="text/csv", charset="utf-8", headers=headers)
