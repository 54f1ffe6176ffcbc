"""Where a request comes from, also behind proxies of our own, and under which name the desk is known."""

from __future__ import annotations

from aiohttp import web
from yarl import URL

from stream.desk.web.keys import SITE


def address_of(request: web.Request) -> str:
    """Return the address of who asks: of the list that proxies make, the one that the outermost of ours added.

    What stands before it the client may have made up.
    """
    proxies = request.app[SITE].settings.desk.web.proxies
    if not proxies:
        return request.remote or ""
    listed = [part.strip() for line in request.headers.getall("X-Forwarded-For", []) for part in line.split(",")]
    return (listed[-proxies] if len(listed) >= proxies else request.remote or "")[:64]


def own_names(request: web.Request) -> set[str]:
    """Return host and port by which browsers may know the desk."""
    public = request.app[SITE].settings.desk.web.public_url
    return {request.host, URL(public).authority} if public else {request.host}
