"""Forms of the page that change something: one handler a target, whatever is asked for."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote

from aiohttp import web

from stream.desk.web import answers
from stream.desk.web.bodies import fields, ids_in_body
from stream.desk.web.doing import acknowledgements, command_of, do, do_all
from stream.desk.web.faults import BadRequest
from stream.desk.web.keys import CUSTOMER, PERSON, SITE
from stream.desk.web.pages.worklist import one
from stream.desk.web.templating import zone_of
from stream.desk.web.views.listing import LISTS

_FILTERS = frozenset({*LISTS, "status", "order", "search", "storm", "priorities", "limit", "offset"})
_TIMES = ("until", "at", "due_at")


async def of_target(request: web.Request) -> web.StreamResponse:
    """Carry out what a form asks about what its path names."""
    given = _with_times(request, await fields(request))
    own = {name: value for name, value in given.items() if name not in _FILTERS and name != "preset"}
    command = command_of(own, dict(request.match_info), strict=False)
    done = await do(request, command)
    asked = str(given["do"])
    return await _after(request, given, "asked" if done.approval_id and asked == "outcome" else asked)


async def bulk(request: web.Request) -> web.StreamResponse:
    """Acknowledge all warnings that are ticked."""
    ids = await ids_in_body(request)
    given = await fields(request)
    if len(ids) > request.app[SITE].settings.desk.web.bulk:
        raise BadRequest("too many at once")
    await do_all(request, list(acknowledgements(ids, str(given.get("action_id", "")))))
    if answers.by_htmx(request):
        response = web.Response(status=204, headers={"HX-Refresh": "true"})
        return answers.toast(response, answers.say(request, "done.bulk", n=len(ids)))
    return answers.see("/?done=bulk")


async def _after(request: web.Request, given: dict[str, Any], done: str) -> web.StreamResponse:
    """Show what has become of it: the card where it was done on one, else the page that it was done on."""
    if given.get("back") == "card" and answers.by_htmx(request):
        response = await one(request, await request.post())  # type: ignore[arg-type]
        return answers.toast(response, answers.say(request, f"done.{done}"))
    place = given.get("back")
    where = f"/{place}" if place in ("tasks", "approvals") else f"/customers/{_quoted(request[CUSTOMER])}"
    return answers.see("/?done=" + done if place == "card" else f"{where}?done={done}")


def _quoted(customer_id: str) -> str:
    return quote(customer_id, safe="")


def _with_times(request: web.Request, given: dict[str, Any]) -> dict[str, Any]:
    """Read local times, as `datetime-local` gives them, as epoch ms on the clock of who asks."""
    zone = zone_of(request.get(PERSON), request.app[SITE].settings.business.time_zone)
    made = dict(given)
    if given.get("preset", "own") != "own":
        made["until"] = given["preset"]
    for name in _TIMES:
        value = made.get(name)
        if isinstance(value, str) and "T" in value:
            try:
                local = dt.datetime.fromisoformat(value)
            except ValueError:
                raise BadRequest(f"$.{name}: expected a time") from None
            made[name] = round(local.replace(tzinfo=local.tzinfo or zone).timestamp() * 1000)
    return made
