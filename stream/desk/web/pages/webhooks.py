"""Where alerts are posted to: the endpoints, and the deliveries of one."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from stream.desk.web import answers, audit
from stream.desk.web.bodies import form_fields, read_as
from stream.desk.web.keeping import STATES, EndpointCommand, EndpointDone, NewEndpoint, add_endpoint, change_endpoint
from stream.desk.web.keys import KINDS, PERSON, SITE
from stream.desk.web.views.endpoints import DeliveryShown, EndpointShown, deliveries, shown
from stream.desk.work.commands import Refused
from stream.domain.alerts import PRIORITY

_LISTS = ("states", "kinds", "severities", "branch_ids")


async def page(request: web.Request) -> web.StreamResponse:
    """Show the endpoints and a form for a new one."""
    await audit.write(request, allowed=True)
    return await _page(request)


async def add(request: web.Request) -> web.StreamResponse:
    """Add an endpoint, and show its secret this once."""
    given = await form_fields(request, *_LISTS)
    try:
        done = await add_endpoint(request, read_as(given, NewEndpoint, strict=False))
    except Refused as refused:
        message = refused.zh if answers.language(request) == "zh" else refused.en
        return await _page(request, status=409, problem=message)
    return await _page(request, done=done) if done.secret else answers.see("/webhooks")


async def one(request: web.Request) -> web.StreamResponse:
    """Show an endpoint with its last deliveries."""
    await audit.write(request, allowed=True)
    return await _one(request, done=None)


async def act(request: web.Request) -> web.StreamResponse:
    """Carry out what a form asks about an endpoint."""
    given = await form_fields(request) | dict(request.match_info)
    given.pop("action_id", None)
    command: EndpointCommand = read_as(given, EndpointCommand, strict=False)
    done = await change_endpoint(request, command)
    return (
        await _one(request, done=done)
        if done.secret
        else answers.see(f"/webhooks/{done.endpoint_id}?done={given['do']}")
    )


async def kept(request: web.Request) -> list[EndpointShown]:
    """Return the endpoints of who asks."""
    async with request.app[SITE].database.reading() as session:
        return await shown(session, request[PERSON])


async def sent(request: web.Request) -> list[DeliveryShown]:
    """Return the last deliveries of the endpoint of a request."""
    async with request.app[SITE].database.reading() as session:
        return await deliveries(session, request.match_info["endpoint_id"])


async def _page(request: web.Request, *, status: int = 200, **more: Any) -> web.Response:
    given: dict[str, Any] = {"problem": None, "done": None} | more
    return answers.html(
        request, "keeping/webhooks.html", status=status, endpoints=await kept(request), kinds=request.app[KINDS],
        states=STATES, severities=tuple(PRIORITY), branches=request[PERSON].reach.branch_ids, **given,
    )  # fmt: skip


async def _one(request: web.Request, *, done: EndpointDone | None) -> web.Response:
    (endpoint,) = [one for one in await kept(request) if one.endpoint_id == request.match_info["endpoint_id"]]
    return answers.html(
        request, "keeping/webhook.html", endpoint=endpoint, deliveries=await sent(request), done=done,
        said=request.query.get("done"), kinds=request.app[KINDS],
    )  # fmt: skip
