"""No act by a form of another site: the session's token, and where the browser says it comes from."""

from __future__ import annotations

from aiohttp import web
from yarl import URL

from stream.desk.web.addresses import own_names
from stream.desk.web.bodies import CSRF, fields
from stream.desk.web.faults import Forged
from stream.desk.web.keys import PERSON, ROUTE, SEALS
from stream.desk.web.route import Handler

HEADER = "X-CSRF-Token"


@web.middleware
async def csrf(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse an unsafe request that does not prove where it comes from."""
    route, person = request[ROUTE], request.get(PERSON)
    if route.safe or (person is not None and person.scopes is not None):  # no browser sends a token of itself
        return await handler(request)
    if not _of_this_site(request):
        raise Forged
    if person is not None and not await _token_fits(request):
        raise Forged
    return await handler(request)


def _of_this_site(request: web.Request) -> bool:
    """Go by what browsers add and pages cannot change; a program that adds neither needs the token all the same."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    return origin is None or (origin != "null" and _authority(origin) in own_names(request))


def _authority(origin: str) -> str:
    try:
        return URL(origin).authority
    except ValueError:
        return ""


async def _token_fits(request: web.Request) -> bool:
    given = request.headers.get(HEADER) or (await fields(request)).get(CSRF, "")
    return isinstance(given, str) and request.app[SEALS].fits(request[PERSON].session_id, given)
