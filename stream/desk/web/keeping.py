"""Webhook endpoints and colleagues changed, for the pages and for programs: one transaction, with its audit."""

from __future__ import annotations

import hashlib
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from stream.desk import acting
from stream.desk.colleagues import Account, ColleagueCommand, change
from stream.desk.notify import endpoints
from stream.desk.notify.addresses import UrlError
from stream.desk.notify.endpoints import Endpoint, UnknownError
from stream.desk.store.tables import WebhookDelivery, WebhookEndpoint
from stream.desk.web import audit
from stream.desk.web.faults import BadRequest, Denied, NotFound
from stream.desk.web.keys import DETAILS, KINDS, PERSON, SITE
from stream.desk.web.person import Person
from stream.desk.web.reach import DAY_MS, may_keep
from stream.desk.work.commands import Refused
from stream.domain.alerts import PRIORITY
from stream.domain.events import Id

STATES = ("opened", "updated", "resolved", "expired", "closed", "acknowledged", "escalated")


class NewEndpoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to post to. Empty lists: all; a manager's are of own branches. `action_id`: sent twice it is added once."""

    action_id: Id
    url: Annotated[str, Meta(min_length=1, max_length=2_000)]
    description: Annotated[str, Meta(max_length=200)] = ""
    states: list[str] = []
    kinds: list[str] = []
    severities: list[str] = []
    branch_ids: list[Id] = []
    allow_private: bool = False


class _OfEndpoint(Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True):
    endpoint_id: Id


class Rotate(_OfEndpoint, frozen=True, kw_only=True, tag="rotate"):
    """A new secret; the one before signs beside it for `desk.notify.webhooks.overlap_h` hours."""


class Enable(_OfEndpoint, frozen=True, kw_only=True, tag="enable"):
    """Post to it again."""


class Disable(_OfEndpoint, frozen=True, kw_only=True, tag="disable"):
    """Post nothing more to it; what waits is cancelled."""


class ReplayFailed(_OfEndpoint, frozen=True, kw_only=True, tag="replay_failed"):
    """Send again what failed or was cancelled in the last days."""

    days: Annotated[int, Meta(ge=1, le=90)] = 7


class Replay(_OfEndpoint, frozen=True, kw_only=True, tag="replay"):
    """Send one delivery again, with the same `webhook-id`."""

    delivery_id: Id


EndpointCommand = Rotate | Enable | Disable | ReplayFailed | Replay


class EndpointDone(Struct, frozen=True, kw_only=True):
    """What came of it. `secret` is shown this once; `replayed`: deliveries that are sent again."""

    endpoint_id: str
    secret: str | None = None
    replayed: int = 0


async def add_endpoint(request: web.Request, new: NewEndpoint) -> EndpointDone:
    """Add an endpoint, and return its secret, this once.

    Raises:
        BadRequest: a word that is none.
        Denied: not of own branches, or private addresses, which an administrator allows.
        Refused: it cannot be posted to.
    """
    site, person = request.app[SITE], request[PERSON]
    wanted = _wanted(request, new, person)
    endpoint_id = f"ep_{hashlib.blake2b(new.action_id.encode(), digest_size=8).hexdigest()}"
    async with site.database.transaction(ordered=False) as tx:
        if await tx.get(WebhookEndpoint, endpoint_id) is not None:
            return EndpointDone(endpoint_id=endpoint_id)
        try:
            id_, secret = await endpoints.add(tx, site.vault, wanted, person.staff_id, site.real(), id_=endpoint_id)
        except UrlError as fault:
            raise Refused(
                "url", "无法使用此地址：须为公网 https 地址。", f"That address will not do: {fault}."
            ) from None
        audit.add(tx, request, allowed=True, object_id=id_)
    return EndpointDone(endpoint_id=id_, secret=secret)


def _wanted(request: web.Request, new: NewEndpoint, person: Person) -> Endpoint:
    known = {"states": STATES, "kinds": request.app[KINDS], "severities": PRIORITY}
    for name, words in known.items():
        if not set(getattr(new, name)) <= set(words):
            raise BadRequest(f"$.{name}: not one of ours")
    branches = tuple(new.branch_ids) or (() if person.role == "admin" else person.reach.branch_ids)
    if not may_keep(person, branches) or (new.allow_private and person.role != "admin"):
        raise Denied
    return Endpoint(
        url=new.url, description=new.description, states=tuple(new.states), kinds=tuple(new.kinds),
        severities=tuple(new.severities), branch_ids=branches, allow_private=new.allow_private,
    )  # fmt: skip


async def change_endpoint(request: web.Request, command: EndpointCommand) -> EndpointDone:
    """Carry a command about an endpoint out; that they may was checked by `access`.

    Raises:
        NotFound: no such delivery of this endpoint.
    """
    site, now, id_ = request.app[SITE], request.app[SITE].real(), command.endpoint_id
    secret, replayed = None, 0
    request[DETAILS] = {"do": msgspec.to_builtins(command)["do"]}
    async with site.database.transaction(ordered=False) as tx:
        try:
            match command:
                case Rotate():
                    overlap = round(site.settings.desk.notify.webhooks.overlap_h * 3_600_000)
                    secret = await endpoints.rotate(tx, site.vault, id_, now, overlap)
                case Enable():
                    await endpoints.enable(tx, id_, now)
                case Disable():
                    await endpoints.disable(tx, id_, request[PERSON].staff_id, now)
                case ReplayFailed():
                    replayed = await endpoints.replay_failed(tx, id_, now - command.days * DAY_MS, now)
                case Replay():
                    row = await tx.get(WebhookDelivery, command.delivery_id)
                    if row is None or row.endpoint_id != id_:
                        raise NotFound
                    await endpoints.replay(tx, command.delivery_id, now)
                    replayed = 1
        except UnknownError:
            raise NotFound from None
        audit.add(tx, request, allowed=True)
    return EndpointDone(endpoint_id=id_, secret=secret, replayed=replayed)


async def change_colleague(request: web.Request, command: ColleagueCommand) -> None:
    """Carry a command about a colleague out; whom one may manage was checked by `access`.

    Raises:
        Denied: role and account are an administrator's to set, and nobody's own.
        Refused: it cannot be done.
    """
    site, person = request.app[SITE], request[PERSON]
    if isinstance(command, Account) and (person.role != "admin" or command.staff_id == person.staff_id):
        raise Denied
    request[DETAILS] = {"do": msgspec.to_builtins(command)["do"]}
    context = acting.Context(site.settings.desk, site.business, site.vault)
    async with site.database.transaction() as tx:
        receivers = await change(tx, command, site.clock(), context)
        audit.add(tx, request, allowed=True)
    site.hub.committed(receivers)
    site.wake()
