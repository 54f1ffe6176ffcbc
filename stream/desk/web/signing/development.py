"""Signing in by choosing who to be: only where nobody but this machine can reach the page."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable

from aiohttp import web
from yarl import URL

from stream.desk.web import answers
from stream.desk.web.bodies import fields
from stream.desk.web.faults import BadRequest, Denied, NotFound
from stream.desk.web.keys import SEALS, SITE
from stream.desk.web.pages.own import local
from stream.desk.web.signing.pages import begin_session
from stream.settings.desk import Desk


class PublicAddress(ValueError):
    """The development sign-in was to run where others can reach it."""


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine alone; a name other than localhost is not taken for it."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def refuse_if_public(desk: Desk) -> None:
    """Keep the development sign-in off addresses that others can reach.

    Raises:
        PublicAddress: `host` or `public_url` is one.
    """
    if desk.web.sign_in != "development":
        return
    hosts = [desk.host, URL(desk.web.public_url).host or ""] if desk.web.public_url else [desk.host]
    for host in hosts:
        if not is_loopback(host):
            raise PublicAddress(
                f"desk.web.sign_in is development, and {host or 'every address'} can be reached by others: "
                "set up desk.oidc and sign_in = oidc, or listen on 127.0.0.1"
            )


@web.middleware
async def only_here(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """While anybody can be anybody, answer only this machine, asked for by its own name."""
    if request.app[SITE].settings.desk.web.sign_in == "development":
        named = URL(f"http://{request.host}").host or ""
        peer = request.transport.get_extra_info("peername") if request.transport else None
        if not is_loopback(named) or not (peer and is_loopback(str(peer[0]))):
            raise Denied
    return await handler(request)


async def sign_in_as(request: web.Request) -> web.StreamResponse:
    """Sign in as whoever was chosen."""
    _only_for_development(request)
    given = await fields(request)
    staff_id = given.get("staff_id")
    if not isinstance(staff_id, str):
        raise BadRequest("staff_id: expected an id")
    return await begin_session(request, staff_id, local(str(given.get("to", "/"))))


async def by_link(request: web.Request) -> web.StreamResponse:
    """Sign in by a link that this desk signed a short while ago."""
    _only_for_development(request)
    staff_id = request.app[SEALS].linked(request.query.get("token", ""))
    if staff_id is None:
        return answers.see("/sign-in?failed=link")
    return await begin_session(request, staff_id, local(request.query.get("to", "/")))


def _only_for_development(request: web.Request) -> None:
    if request.app[SITE].settings.desk.web.sign_in != "development":
        raise NotFound
