"""An answer carried out: in one transaction, and the open pages and the outbox woken after its commit."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from stream.desk import acting
from stream.desk.web.addresses import address_of
from stream.desk.web.bodies import CSRF, read_as
from stream.desk.web.keys import PERSON, REQUEST_ID, SITE
from stream.desk.work.commands import Acknowledge, Actor, Command


async def do(request: web.Request, command: Command) -> acting.Done:
    """Carry a command out.

    Raises:
        Refused: it cannot be done.
    """
    return (await do_all(request, [command]))[0]


async def do_all(request: web.Request, commands: list[Any]) -> list[acting.Done]:
    """Carry several out, all or none."""
    site, actor = request.app[SITE], actor_of(request)
    context = acting.Context(site.settings.desk, site.business, site.vault)
    now = site.clock()
    async with site.database.transaction() as tx:
        done = [await acting.act(tx, actor, command, now, context) for command in commands]
    site.hub.committed({receiver for one in done for receiver in one.receivers})
    site.wake()
    return done


def actor_of(request: web.Request) -> Actor:
    """Return who acts, with whence for the audit."""
    return msgspec.structs.replace(request[PERSON].actor(), address=address_of(request), request_id=request[REQUEST_ID])


def command_of(values: dict[str, Any], named: dict[str, str], *, strict: bool) -> Command:
    """Return the command of a body; what the path names (`episode_id` ...) goes before what the body says.

    Raises:
        BadRequest: with the path of the fault.
    """
    given = {name: value for name, value in values.items() if name not in (CSRF, "back")}
    command: Command = read_as(given | named, Command, strict=strict)
    return command


def acknowledgements(ids: list[str], action_id: str) -> list[Acknowledge]:
    """Return one acknowledgement an episode, each named after the one request: sent twice it is done once."""
    return [Acknowledge(action_id=f"{action_id}-{number}", episode_id=id_) for number, id_ in enumerate(ids)]
