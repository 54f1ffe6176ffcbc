"""Who looked at what: one row a look, written before it is shown. Acts write theirs in their own transaction."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.tables import Audit
from stream.desk.web.addresses import address_of
from stream.desk.web.keys import CUSTOMER, DETAILS, EPISODE, PERSON, REQUEST_ID, ROUTE, SITE
from stream.desk.web.person import Person


def entry(request: web.Request, *, allowed: bool, **more: Any) -> Audit:
    """Return the row of a request; `more` replaces its columns."""
    route, person = request[ROUTE], request.get(PERSON)
    values: dict[str, Any] = {
        "at": request.app[SITE].clock(),
        "actor": person.staff_id if person else "anonymous",
        "role": person.role if person else "",
        "act": route.act or route.name,
        "object_kind": route.need.target.value,
        "object_id": next(iter(request.match_info.values()), None),
        "customer_id": request.get(CUSTOMER),
        "episode_id": request.get(EPISODE),
        "allowed": allowed,
        "address": address_of(request),
        "request_id": request.get(REQUEST_ID),
        "details": {"route": route.name, **_by_token(person), **request.get(DETAILS, {})},
    }
    return Audit(**(values | more))


def _by_token(person: Person | None) -> dict[str, Any]:
    return {"token": True} if person is not None and person.scopes is not None else {}


async def write(request: web.Request, *, allowed: bool) -> None:
    """Write the row of a request in a transaction of its own, whose order nobody reads."""
    async with request.app[SITE].database.transaction(ordered=False) as tx:
        add(tx, request, allowed=allowed)


def add(tx: AsyncSession, request: web.Request, *, allowed: bool, **more: Any) -> None:
    """Add the row to a transaction that is under way."""
    tx.add(entry(request, allowed=allowed, **more))
