"""The application, put together from the table of routes and the middlewares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from aiohttp import web

from stream.desk.web.access import access
from stream.desk.web.bodies import MOST_BYTES
from stream.desk.web.csrf import csrf
from stream.desk.web.headers import harden
from stream.desk.web.keys import (
    ASSETS,
    DOCUMENT,
    KINDS,
    LIMITS,
    PROVIDER,
    ROUTES,
    SEALS,
    SECURE,
    SITE,
    STREAMS,
    TEMPLATES,
    TOKENS,
    WORDS,
)
from stream.desk.web.limits import Limits
from stream.desk.web.openapi import document
from stream.desk.web.outer import STATIC, limited, outer
from stream.desk.web.overdue import watched
from stream.desk.web.route import Route
from stream.desk.web.routes import TABLE
from stream.desk.web.sessions import Seals
from stream.desk.web.signed_in import renew, signed_in
from stream.desk.web.signing.bearer import Tokens
from stream.desk.web.signing.development import only_here, refuse_if_public
from stream.desk.web.signing.oidc import CALLBACK
from stream.desk.web.signing.provider import Provider
from stream.desk.web.site import Site
from stream.desk.web.streams import Streams
from stream.desk.web.templating import environment, fingerprints
from stream.desk.web.words import Words
from stream.rules.registry import discover
from stream.settings.desk import Desk

FILES = Path(__file__).parent / "static"


def build(site: Site, more: Sequence[Route] = ()) -> web.Application:
    """Return the application; whoever runs it owns what `site` holds. `more`: routes of other parts of the desk.

    Raises:
        PublicAddress: the development sign-in, where others could reach it.
    """
    desk, routes = site.settings.desk, (*TABLE, *more)
    refuse_if_public(desk)
    app = web.Application(middlewares=[outer, only_here, signed_in, limited, csrf, access], client_max_size=MOST_BYTES)
    app[SITE], app[ROUTES] = site, {route.name: route for route in routes}
    app[WORDS], app[TEMPLATES], app[ASSETS] = Words.load(), environment(), fingerprints(FILES)
    app[SEALS], app[LIMITS] = Seals(site.vault, site.real), Limits(desk.web.rates, site.real)
    app[SECURE] = desk.web.public_url.startswith("https://")
    app[KINDS], app[STREAMS], app[DOCUMENT] = titles(), Streams(), document(routes)
    provider = Provider(desk.oidc, _address(desk) + CALLBACK) if desk.oidc.issuer else None
    app[PROVIDER] = provider
    app[TOKENS] = Tokens(provider, desk.oidc) if provider is not None and desk.oidc.api_audience else None
    for route in routes:
        app.router.add_route(route.method, route.path, route.handler, name=route.name)
    app.router.add_static("/static", FILES, name=STATIC)
    app.on_response_prepare.append(_harden)
    app.cleanup_ctx.append(watched)
    return app


async def _harden(request: web.Request, response: web.StreamResponse) -> None:
    renew(request, response)
    harden(response, secure=request.app[SECURE], static=request.path.startswith("/static/"))


def _address(desk: Desk) -> str:
    return desk.web.public_url or f"http://{desk.host}:{desk.port}"


def titles() -> Mapping[str, Mapping[str, str]]:
    """Return the title of every kind of warning, in every language."""
    return {kind: {name: text.title for name, text in rule.texts.items()} for kind, rule in discover().items()}


async def serve(app: web.Application, host: str, port: int) -> web.AppRunner:
    """Listen; the caller cleans the runner up. There is no access log: it would hold customer ids."""
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner
