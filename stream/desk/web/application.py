"""The application, put together from the table of routes and the middlewares."""

from __future__ import annotations

from aiohttp import web

from stream.desk.web.site import Site

SITE = web.AppKey("site", Site)


def build(site: Site) -> web.Application:
    """Return the application; whoever runs it owns what `site` holds."""
    app = web.Application()
    app[SITE] = site
    return app
