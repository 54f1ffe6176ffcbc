"""What is to leave the house, as rows in the transaction that took the alerts: nothing is lost, nothing goes twice."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.notify.payload import payload
from stream.desk.store.database import QUEUED
from stream.desk.store.repositories.alerts import Incoming
from stream.desk.store.repositories.pushes import NewPush
from stream.desk.store.repositories.rows import insert_into
from stream.desk.store.tables import Notice, Preference, WebhookDelivery, WebhookEndpoint
from stream.settings.desk_notify import Notify

WEBHOOK = "webhook"
_TOLD = {"opened": "alert", "escalated": "escalated"}


@dataclass(frozen=True, slots=True)
class Subscription:
    """Which alerts an endpoint wants; an empty set is all."""

    endpoint_id: str
    states: frozenset[str]
    kinds: frozenset[str]
    severities: frozenset[str]
    branch_ids: frozenset[str]

    def wants(self, item: Incoming) -> bool:
        """Tell whether it wants this one."""
        alert = item.alert
        asked = (
            (self.states, alert["state"]),
            (self.kinds, alert["kind"]),
            (self.severities, alert["severity"]),
            (self.branch_ids, item.episode["branch_id"]),
        )
        return all(not wanted or value in wanted for wanted, value in asked)


async def fan_out(tx: AsyncSession, fresh: Sequence[Incoming], settings: Notify, now: int) -> int:
    """Write what new alerts send out and return how many rows; the commit wakes the sender.

    Args:
        tx: the transaction in which `take_alerts` wrote them.
        fresh: what `take_alerts` returned, and the desk's own alerts.
        settings: routes of mail and robots.
        now: wall clock, epoch ms.
    """
    endpoints = await _subscriptions(tx)
    first = now + round(settings.webhooks.retries_s[0] * 1000)
    deliveries = [row for item in fresh for row in _deliveries(item, endpoints, now, first)]
    if deliveries:
        statement = insert_into(tx, WebhookDelivery)
        await tx.execute(statement.on_conflict_do_nothing(index_elements=["endpoint_id", "subject"]), deliveries)
        _queued(tx, {destination(row["endpoint_id"]) for row in deliveries})
    routed = [notice for item in fresh for notice in _by_routes(item, settings, now)]
    await write_notices(tx, routed)
    return len(deliveries) + len(routed)


async def personal(
    tx: AsyncSession, pushes: Iterable[NewPush], preferences: Mapping[str, Preference], settings: Notify, now: int
) -> int:
    """Write what people asked to have by mail or robot besides the page, of what they are notified of."""
    notices = [
        _notice(channel, push.receiver, push.event, _key(push, now), dict(push.data), push, settings, now)
        for push in pushes
        if push.notify and (own := preferences.get(push.receiver)) is not None
        for channel in _channels(own, settings)
    ]
    await write_notices(tx, notices)
    return len(notices)


async def write_notices(tx: AsyncSession, notices: Sequence[Mapping[str, Any]]) -> None:
    """Write notices, each once by its origin."""
    if notices:
        once = {notice["origin"]: notice for notice in notices}
        statement = insert_into(tx, Notice).on_conflict_do_nothing(index_elements=["origin"])
        await tx.execute(statement, list(once.values()))
        _queued(tx, {notice["channel"] for notice in notices})


def destination(endpoint_id: str) -> str:
    """Name an endpoint's queue; those of mail and robots are named as their channels are."""
    return f"{WEBHOOK}/{endpoint_id}"


def _queued(tx: AsyncSession, destinations: Collection[str]) -> None:
    tx.info.setdefault(QUEUED, set()).update(destinations)


async def _subscriptions(tx: AsyncSession) -> list[Subscription]:
    columns = (WebhookEndpoint.endpoint_id, WebhookEndpoint.states, WebhookEndpoint.kinds, WebhookEndpoint.severities)
    rows = await tx.execute(select(*columns, WebhookEndpoint.branch_ids).where(WebhookEndpoint.enabled))
    return [Subscription(row[0], *(frozenset(some) for some in row[1:])) for row in rows]


def _deliveries(item: Incoming, endpoints: Iterable[Subscription], now: int, first: int) -> Iterator[dict[str, Any]]:
    wanted = [endpoint for endpoint in endpoints if endpoint.wants(item)]
    body = payload(item.alert["body"]) if wanted else b""
    for endpoint in wanted:
        yield delivery(endpoint.endpoint_id, item.alert_id, item.alert["customer_id"], body, now, first)


def delivery(
    endpoint_id: str, subject: str, customer_id: str | None, body: bytes, now: int, first: int, of: str | None = None
) -> dict[str, Any]:
    """Return the row of a delivery: its id follows from endpoint and subject. `of`: the one that it replays."""
    digest = hashlib.blake2b(f"{endpoint_id}\0{subject}".encode(), digest_size=16).hexdigest()
    return {
        "delivery_id": f"msg_{digest}",
        "endpoint_id": endpoint_id,
        "subject": subject,
        "replay_of": of,
        "customer_id": customer_id,
        "payload": body,
        "state": "pending",
        "attempts": 0,
        "created_at": now,
        "next_at": first,
    }


def _by_routes(item: Incoming, settings: Notify, now: int) -> Iterator[dict[str, Any]]:
    """Yield what departments are told by mail and robot. Of a storm each is told once."""
    alert, template = item.alert, _TOLD.get(item.alert["state"])
    if template is None:
        return
    storm = item.episode["storm_id"]
    what = "storm" if storm else template
    key = f"storm/{storm}" if storm else f"{template}/{item.alert_id}"
    routes = frozenset(item.episode["routes"])
    data = {"kind": alert["kind"], "severity": alert["severity"], "title": _title(alert["body"])}
    about = NewPush(
        receiver="", event=what, customer_id=None if storm else alert["customer_id"], episode_id=item.episode_id
    )
    for channel, receiver in _subscribed(routes, settings):
        yield _notice(channel, receiver, what, key, data, about, settings, now)


def _subscribed(routes: frozenset[str], settings: Notify) -> Iterator[tuple[str, str]]:
    if settings.mail.host:
        yield from (("mail", f"route:{route}") for route in sorted(routes & settings.mail.routes.keys()))
    for name, bot in sorted(settings.bots.items()):
        if routes & set(bot.routes):
            yield f"bot:{name}", f"bot:{name}"


def personal_channels(settings: Notify) -> tuple[str, ...]:
    """Return what a person can ask for besides the page: mail, and the styles of robots that no route tells."""
    styles = {bot.style for bot in settings.bots.values() if not bot.routes}
    return (*(("mail",) if settings.mail.host else ()), *sorted(styles))


def _channels(own: Preference, settings: Notify) -> Iterator[str]:
    """Yield the destinations of what one person asked for: mail, and robots that are told nothing by route."""
    if "mail" in own.channels and settings.mail.host and own.mail_sealed is not None:
        yield "mail"
    for name, bot in sorted(settings.bots.items()):
        if bot.style in own.channels and not bot.routes and own.bot_sealed is not None:
            yield f"bot:{name}"


def _notice(
    channel: str,
    receiver: str,
    template: str,
    key: str,
    data: Mapping[str, Any],
    about: NewPush,
    settings: Notify,
    now: int,
) -> dict[str, Any]:
    return {
        "origin": f"{channel}/{receiver}/{key}",
        "channel": channel,
        "receiver": receiver,
        "template": template,
        "data": dict(data),
        "customer_id": about.customer_id,
        "episode_id": about.episode_id,
        "state": "pending",
        "attempts": 0,
        "created_at": now,
        "next_at": now + round(settings.retries_s[0] * 1000),
    }


def _key(push: NewPush, now: int) -> str:
    """Return what makes a push's notice one: its alert, its storm, or the moment of a digest."""
    return f"{push.event}/{push.alert_id or push.data.get('storm_id') or now}"


def _title(body: bytes) -> dict[str, str]:
    """Return the kind's title as the rule has it: words without figures."""
    title = msgspec.json.decode(body, type=_Titled).title
    return {"zh": title.get("zh", ""), "en": title.get("en", "")}


class _Titled(msgspec.Struct):
    title: dict[str, str] = {}
