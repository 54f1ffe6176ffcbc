"""Bodies of requests, read once: JSON of the API, forms of the page."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from aiohttp import web

from stream.desk.web.faults import BadRequest

T = TypeVar("T")
MOST_BYTES = 1024 * 1024
CSRF = "csrf"
"""The field of a form that proves where it comes from."""


async def fields(request: web.Request) -> dict[str, Any]:
    """Return the fields of a form or a JSON object; those of a form that are empty are left out.

    A form's field that is given several times is a list.

    Raises:
        BadRequest: it is neither.
    """
    if request.content_type == "application/json":
        try:
            body = msgspec.json.decode(await request.read())
        except msgspec.DecodeError as fault:
            raise BadRequest(str(fault)) from None
        if not isinstance(body, dict):
            raise BadRequest("expected an object")
        return body
    form = await request.post()
    given: dict[str, Any] = {}
    for name in dict.fromkeys(form):
        values = [value for value in form.getall(name) if isinstance(value, str) and value.strip()]
        if values:
            given[name] = values if len(values) > 1 else values[0]
    return given


async def form_fields(request: web.Request, *lists: str) -> dict[str, Any]:
    """Return the fields of a form but for its token; those in `lists` are lists however often they were given.

    Raises:
        BadRequest: it is no form.
    """
    given = {name: value for name, value in (await fields(request)).items() if name != CSRF}
    return {name: [value] if name in lists and isinstance(value, str) else value for name, value in given.items()}


async def json_fields(request: web.Request) -> dict[str, Any]:
    """Return the fields of a JSON object.

    Raises:
        BadRequest: it is none.
    """
    if request.content_type != "application/json":
        raise BadRequest("expected application/json")
    return await fields(request)


def read_as(values: dict[str, Any], type_: type[T] | Any, *, strict: bool) -> T:
    """Return the fields as a type; `strict` is off for forms, where everything is text.

    Raises:
        BadRequest: with the path of the fault.
    """
    try:
        made: T = msgspec.convert(values, type_, strict=strict)
    except msgspec.ValidationError as fault:
        raise BadRequest(str(fault)) from None
    return made


async def ids_in_body(request: web.Request) -> list[str]:
    """Return the episode ids that a bulk request names, each once.

    Raises:
        BadRequest: there is none, or one is no text.
    """
    given = (await fields(request)).get("episode_ids", [])
    values = [given] if isinstance(given, str) else given
    if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
        raise BadRequest("$.episode_ids: expected a list of ids")
    return list(dict.fromkeys(id_ for value in values for id_ in value.split()))  # a tick names all of a customer
