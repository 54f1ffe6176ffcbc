"""Who may: the one place that decides it, for every route, by what the route declares."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.web import audit
from stream.desk.web.bodies import ids_in_body
from stream.desk.web.faults import Denied, NotFound, SignInFirst
from stream.desk.web.keys import CUSTOMER, EPISODE, PERSON, ROUTE, SITE
from stream.desk.web.needs import KEPT, Target
from stream.desk.web.person import Person
from stream.desk.web.reach import DAY_MS, customers_of, keeps, sees
from stream.desk.web.route import Handler, Route
from stream.desk.web.signing.bearer import READ, WRITE


@web.middleware
async def access(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a request through that may, and write down the one that may not."""
    route = request[ROUTE]
    if route.need.public:
        return await handler(request)
    person = request.get(PERSON)
    if person is None:
        raise SignInFirst
    if person.role not in route.need.roles or not _in_scope(person, route):
        await audit.write(request, allowed=False)
        raise Denied
    if route.need.target is not Target.NONE and not await _within_reach(request, route):
        await audit.write(request, allowed=False)
        raise NotFound  # whether it exists is not told
    return await handler(request)


def _in_scope(person: Person, route: Route) -> bool:
    """Tell whether a program's token has the scope for a route; people have no scopes."""
    return person.scopes is None or (READ if route.safe else WRITE) in person.scopes


async def _within_reach(request: web.Request, route: Route) -> bool:
    """Tell whether everything that the request names is there and within reach."""
    target = route.need.target
    if target in KEPT:
        async with request.app[SITE].database.reading() as session:
            return await keeps(session, request[PERSON], target, _id_in_path(request))
    ids = await ids_in_body(request) if target is Target.EPISODES else [_id_in_path(request)]
    async with request.app[SITE].database.reading() as session:
        customers = await customers_of(session, target, ids)
        if set(customers) != set(ids):
            return False
        seen = await _all_seen(session, request, set(customers.values()))
    if target is not Target.EPISODES:
        request[CUSTOMER] = customers[ids[0]]
    if target is Target.EPISODE:
        request[EPISODE] = ids[0]
    return seen


def _id_in_path(request: web.Request) -> str:
    return next(iter(request.match_info.values()))


async def _all_seen(session: AsyncSession, request: web.Request, customers: Iterable[str]) -> bool:
    site = request.app[SITE]
    now, ended_ms = site.clock(), round(site.settings.desk.web.ended_days * DAY_MS)
    for customer in customers:
        if not await sees(session, request[PERSON].reach, customer, now, ended_ms):
            return False
    return True
