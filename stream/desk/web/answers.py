"""Answers of every kind: a page, a piece of one, JSON, a fault in the form that was asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
from aiohttp import web

from stream.desk.web.faults import BadToken, Fault, TooMany
from stream.desk.web.keys import LANGUAGE, PERSON, ROUTE, SITE, TEMPLATES, WORDS
from stream.desk.web.templating import Page


def html(request: web.Request, template: str, *, status: int = 200, **values: Any) -> web.Response:
    """Return a page, or a piece of one, in the language of who asks."""
    page = Page(request)
    text = request.app[TEMPLATES].get_template(template).render(page=page, **values)
    response = web.Response(text=text, content_type="text/html", status=status)
    response.headers["Content-Language"] = page.language
    return response


def as_json(value: Any, *, status: int = 200) -> web.Response:
    """Return a struct as JSON."""
    return web.Response(body=msgspec.json.encode(value), content_type="application/json", status=status)


def say(request: web.Request, key: str, **values: Any) -> str:
    """Return a message in the language of who asks."""
    return request.app[WORDS].say(language(request), key, **values)


def teller(request: web.Request) -> Callable[[str], str]:
    """Return what says a message by its key."""
    return lambda key: say(request, key)


def language(request: web.Request) -> str:
    """Return the language to answer in, also where nobody could be identified."""
    return request.get(LANGUAGE) or request.app[SITE].settings.desk.web.language


def by_htmx(request: web.Request) -> bool:
    """Tell whether the page itself asked, for a piece of it."""
    return request.headers.get("HX-Request") == "true"


def toast(response: web.Response, message: str) -> web.Response:
    """Let the page say something, aloud too."""
    response.headers["HX-Trigger"] = json.dumps({"desk:said": {"message": message}})
    return response


def see(location: str) -> web.Response:
    """Go and look there."""
    return web.Response(status=303, headers={"Location": location})


def fault(request: web.Request, what: Fault) -> web.Response:
    """Return a fault in the form in which the answer was wanted."""
    seconds = what.seconds if isinstance(what, TooMany) else 0
    message = say(request, what.key, seconds=seconds)
    response = told(request, what.status, what.key.partition(".")[2], message, what.detail)
    if seconds or what.status == 503:
        response.headers["Retry-After"] = str(seconds or 5)
    if isinstance(what, BadToken):
        response.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return response


def told(request: web.Request, status: int, reason: str, message: str, detail: str = "") -> web.Response:
    """Return a refusal: JSON for the API, a line for the page's script, else a page."""
    route = request.get(ROUTE)
    if (route is not None and route.is_api) or request.path.startswith("/api/"):
        return as_json({"error": reason, "message": message, "detail": detail}, status=status)
    if by_htmx(request):
        return web.Response(text=message, content_type="text/plain", status=status)
    return html(request, "fault.html", status=status, message=message, person=request.get(PERSON))
