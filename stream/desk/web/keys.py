"""Where the application and a request hold what belongs to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web
from jinja2 import Environment

from stream.desk.web.limits import Limits
from stream.desk.web.person import Person
from stream.desk.web.route import Route
from stream.desk.web.sessions import Seals
from stream.desk.web.signing.bearer import Tokens
from stream.desk.web.signing.provider import Provider
from stream.desk.web.site import Site
from stream.desk.web.streams import Streams
from stream.desk.web.words import Words

SITE = web.AppKey("site", Site)
ROUTES: web.AppKey[Mapping[str, Route]] = web.AppKey("routes", Mapping)
WORDS = web.AppKey("words", Words)
SEALS = web.AppKey("seals", Seals)
LIMITS = web.AppKey("limits", Limits)
TEMPLATES = web.AppKey("templates", Environment)
ASSETS: web.AppKey[Callable[[str], str]] = web.AppKey("assets", Callable)  # type: ignore[arg-type]
KINDS: web.AppKey[Mapping[str, Mapping[str, str]]] = web.AppKey("kinds", Mapping)  # kind -> language -> title
STREAMS = web.AppKey("streams", Streams)
PROVIDER: web.AppKey[Provider | None] = web.AppKey("provider", Provider)
TOKENS: web.AppKey[Tokens | None] = web.AppKey("tokens", Tokens)
DOCUMENT: web.AppKey[Mapping[str, Any]] = web.AppKey("document", Mapping)  # of the API
SECURE = web.AppKey("secure", bool)  # served over TLS, by us or by a proxy

ROUTE = web.RequestKey("route", Route)
PERSON = web.RequestKey("person", Person)
REQUEST_ID = web.RequestKey("request_id", str)
RENEWED = web.RequestKey("renewed", str)  # the session's cookie, signed anew
LANGUAGE = web.RequestKey("language", str)
CUSTOMER = web.RequestKey("customer", str)  # whom the request is about, for the audit
EPISODE = web.RequestKey("episode", str)
DETAILS: web.RequestKey[dict[str, Any]] = web.RequestKey("details", dict)
