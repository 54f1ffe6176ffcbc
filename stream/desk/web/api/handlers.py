"""Handlers of the API."""

from __future__ import annotations

from aiohttp import web

from stream.desk import acting
from stream.desk.web import answers, audit
from stream.desk.web.api.structs import Approvals, Bulk, BulkDone, DoneShown, Me, Tasks
from stream.desk.web.bodies import json_fields, read_as
from stream.desk.web.doing import acknowledgements, command_of, do, do_all
from stream.desk.web.faults import BadRequest
from stream.desk.web.keys import CUSTOMER, DETAILS, DOCUMENT, PERSON, SITE
from stream.desk.web.pages.customer import moved_of, shown
from stream.desk.web.pages.lists import approvals_of, tasks_of
from stream.desk.web.pages.worklist import filters
from stream.desk.web.views.listing import asked, listed, looked_up
from stream.desk.web.views.whys import asked_why


async def me(request: web.Request) -> web.StreamResponse:
    """Tell who is signed in."""
    person = request[PERSON]
    return answers.as_json(
        Me(
            staff_id=person.staff_id,
            role=person.role,
            name=person.name,
            branch_id=person.branch_id,
            branch_ids=list(person.reach.branch_ids),
            stands_in_for=[id_ for id_ in person.reach.staff_ids if id_ != person.staff_id],
            language=person.language,
            csrf=person.csrf,
        )
    )


async def worklist(request: web.Request) -> web.StreamResponse:
    """Return one page of the worklist."""
    site, person = request.app[SITE], request[PERSON]
    query = asked(request.query, person, site)
    async with site.database.reading() as session:
        made = await listed(session, await looked_up(session, query, person, site), person, site)
    request[DETAILS] = {"shown": [card.customer_id for card in made.cards], **filters(query)}
    await audit.write(request, allowed=True)
    return answers.as_json(made)


async def customer(request: web.Request) -> web.StreamResponse:
    """Return a customer."""
    return answers.as_json(await shown(request))


async def movements(request: web.Request) -> web.StreamResponse:
    """Return what moved at a customer of late."""
    return answers.as_json(await moved_of(request))


async def why(request: web.Request) -> web.StreamResponse:
    """Return what every rule and stage said last."""
    said = await asked_why(request.app[SITE], request[CUSTOMER])
    await audit.write(request, allowed=True)
    return answers.as_json(said)


async def tasks(request: web.Request) -> web.StreamResponse:
    """Return the open tasks."""
    return answers.as_json(Tasks(tasks=await tasks_of(request)))


async def approvals(request: web.Request) -> web.StreamResponse:
    """Return what waits for a decision."""
    return answers.as_json(Approvals(approvals=await approvals_of(request)))


async def act(request: web.Request) -> web.StreamResponse:
    """Carry a command out about what the path names."""
    command = command_of(await json_fields(request), dict(request.match_info), strict=True)
    return answers.as_json(_shown(await do(request, command)))


async def bulk(request: web.Request) -> web.StreamResponse:
    """Acknowledge several warnings, all or none."""
    given: Bulk = read_as(await json_fields(request), Bulk, strict=True)
    if len(given.episode_ids) > request.app[SITE].settings.desk.web.bulk:
        raise BadRequest("$.episode_ids: too many at once")
    done = await do_all(request, list(acknowledgements(given.episode_ids, given.action_id)))
    return answers.as_json(BulkDone(done=[_shown(one) for one in done]))


def _shown(done: acting.Done) -> DoneShown:
    return DoneShown(
        action_id=done.action_id,
        repeated=done.repeated,
        version=done.version,
        approval_id=done.approval_id,
        task_ids=list(done.task_ids),
    )


async def document(request: web.Request) -> web.StreamResponse:
    """Return the OpenAPI document."""
    return answers.as_json(request.app[DOCUMENT])
