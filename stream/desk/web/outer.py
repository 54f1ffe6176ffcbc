"""The outermost middlewares: an id for the request, its route, and an answer whatever goes wrong inside."""

from __future__ import annotations

import logging
import secrets
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from stream.desk.store.database import is_away, name_of
from stream.desk.web import answers
from stream.desk.web.addresses import address_of
from stream.desk.web.faults import Away, Fault, NotFound, SignInFirst, TooMany
from stream.desk.web.keys import LIMITS, PERSON, REQUEST_ID, ROUTE, ROUTES
from stream.desk.web.needs import Limit
from stream.desk.web.route import Handler
from stream.desk.work.commands import Refused

_log = logging.getLogger(__name__)
STATIC = "static"


@web.middleware
async def outer(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every fault in words; what nobody foresaw is logged by its kind alone."""
    request[REQUEST_ID] = secrets.token_hex(8)
    try:
        return await _routed(request, handler)
    except SignInFirst as fault:
        return _to_sign_in(request, fault)
    except Fault as fault:
        return answers.fault(request, fault)
    except Refused as refused:
        message = refused.zh if answers.language(request) == "zh" else refused.en
        return answers.told(request, 409, refused.reason, message)
    except web.HTTPException as fault:
        if fault.status == 413:
            return answers.told(request, 413, "too_large", answers.say(request, "fault.too_large"))
        if fault.status in (404, 405):
            return answers.told(request, fault.status, "not_found", answers.say(request, "fault.not_found"))
        raise
    except (SQLAlchemyError, OSError) as fault:
        return _of_the_store(request, fault)
    except Exception as fault:
        _log.exception("a request could not be answered: %s", type(fault).__name__)
        return answers.fault(request, Fault())


async def _routed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say which route it is. A resource that the table does not know is not served."""
    found = request.match_info.http_exception
    if found is not None:
        raise found
    name = request.match_info.route.name
    if name == STATIC:
        return await request.match_info.handler(request)
    route = request.app[ROUTES].get(name or "")
    if route is None:
        raise NotFound
    request[ROUTE] = route
    return await handler(request)


def _to_sign_in(request: web.Request, fault: Fault) -> web.StreamResponse:
    """A page leads to the sign-in; the page's script and the API are told."""
    if answers.by_htmx(request):
        return web.Response(status=401, headers={"HX-Redirect": "/sign-in"})
    if request.path.startswith("/api/") or request.method != "GET":
        return answers.fault(request, fault)
    return answers.see(f"/sign-in?{_back(request)}")


def _back(request: web.Request) -> str:
    return urlencode({"to": request.path_qs})


def _of_the_store(request: web.Request, fault: BaseException) -> web.StreamResponse:
    if is_away(fault):
        return answers.fault(request, Away())
    _log.error("the store refused: %s", name_of(fault))
    return answers.fault(request, Fault())


@web.middleware
async def limited(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count the request against the rate of its session, or of its address where nobody is signed in."""
    route, person = request[ROUTE], request.get(PERSON)
    who = person.session_id if person is not None and route.limit is not Limit.SIGN_INS else address_of(request)
    if seconds := request.app[LIMITS].take(route.limit, who):
        raise TooMany(seconds)
    return await handler(request)
