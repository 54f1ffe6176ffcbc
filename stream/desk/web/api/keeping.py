"""Handlers of the API for who keeps the desk: webhook endpoints and staff."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from stream.desk.colleagues import ColleagueCommand
from stream.desk.web import answers, audit
from stream.desk.web.bodies import json_fields, read_as
from stream.desk.web.keeping import EndpointCommand, NewEndpoint, add_endpoint, change_colleague, change_endpoint
from stream.desk.web.pages.colleagues import managed
from stream.desk.web.pages.webhooks import kept, sent
from stream.desk.web.views.colleagues import ColleagueShown
from stream.desk.web.views.endpoints import DeliveryShown, EndpointShown


class Endpoints(Struct, frozen=True, kw_only=True):
    """Where alerts are posted to."""

    endpoints: list[EndpointShown]


class Deliveries(Struct, frozen=True, kw_only=True):
    """The last ones of an endpoint, the newest first."""

    deliveries: list[DeliveryShown]


class People(Struct, frozen=True, kw_only=True):
    """Whom one may manage, by id."""

    staff: list[ColleagueShown]


class Told(Struct, frozen=True, kw_only=True):
    """It is done, and the topic `staff` is told."""

    staff_id: str


async def endpoints(request: web.Request) -> web.StreamResponse:
    """Return the endpoints."""
    await audit.write(request, allowed=True)
    return answers.as_json(Endpoints(endpoints=await kept(request)))


async def add(request: web.Request) -> web.StreamResponse:
    """Add an endpoint."""
    return answers.as_json(await add_endpoint(request, read_as(await json_fields(request), NewEndpoint, strict=True)))


async def act(request: web.Request) -> web.StreamResponse:
    """Change an endpoint."""
    given = await json_fields(request) | dict(request.match_info)
    return answers.as_json(await change_endpoint(request, read_as(given, EndpointCommand, strict=True)))


async def deliveries(request: web.Request) -> web.StreamResponse:
    """Return the deliveries of an endpoint."""
    await audit.write(request, allowed=True)
    return answers.as_json(Deliveries(deliveries=await sent(request)))


async def people(request: web.Request) -> web.StreamResponse:
    """Return the staff."""
    await audit.write(request, allowed=True)
    return answers.as_json(People(staff=await managed(request)))


async def act_on_colleague(request: web.Request) -> web.StreamResponse:
    """Change somebody's leave, departure, move, role or account."""
    given = await json_fields(request) | dict(request.match_info)
    await change_colleague(request, read_as(given, ColleagueCommand, strict=True))
    return answers.as_json(Told(staff_id=request.match_info["staff_id"]))
