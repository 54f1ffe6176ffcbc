"""An endpoint that takes nothing for long: its owner is told; in the end it is disabled, as the standard advises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stream.desk.notify.book import Attempt
from stream.desk.store.tables import WebhookEndpoint
from stream.settings.desk_notify import Notify

OPERATIONS = "operations"
"""The route of mail and robots that hears what concerns those who run the desk."""
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Judged:
    """What a few attempts say of an endpoint. `since`: from when on every attempt has failed, epoch ms."""

    since: int | None
    warn: bool = False
    disable: bool = False


def judge(since: int | None, attempts: Sequence[Attempt], gave_up: bool, settings: Notify, now: int) -> Judged:
    """Judge an endpoint that is not gone. Pure.

    Args:
        since: as it stood before.
        attempts: some just made; one that was taken shows that it lives, one that no attempt can mend says nothing.
        gave_up: a delivery has come to the end of its schedule.
        settings: how long it may fail.
        now: wall clock, epoch ms.
    """
    if any(attempt.answer.taken for attempt in attempts):
        return Judged(None)
    failed = [attempt.at for attempt in attempts if not attempt.answer.hopeless]
    if not failed:
        return Judged(since)
    since = min(failed) if since is None else since
    hours, limits = (now - since) / _HOUR_MS, settings.webhooks
    return Judged(since, hours >= limits.warn_after_h, gave_up and hours >= limits.disable_after_h)


def notices(
    endpoint: WebhookEndpoint, template: str, since: int, settings: Notify, now: int
) -> Iterator[dict[str, Any]]:
    """Yield who is told of it, once for each time that it fails: its owner by mail, and the route `operations`.

    `template`: webhook_failing, webhook_disabled.
    """
    for channel, receiver in _told(endpoint, settings):
        yield {
            "origin": f"{channel}/{receiver}/{template}/{endpoint.endpoint_id}/{since}",
            "channel": channel,
            "receiver": receiver,
            "template": template,
            "data": {"endpoint": endpoint.endpoint_id, "host": endpoint.host},
            "customer_id": None,
            "episode_id": None,
            "state": "pending",
            "attempts": 0,
            "created_at": now,
            "next_at": now + round(settings.retries_s[0] * 1000),
        }


def _told(endpoint: WebhookEndpoint, settings: Notify) -> Iterator[tuple[str, str]]:
    if settings.mail.host and endpoint.contact_sealed is not None:
        yield "mail", f"endpoint:{endpoint.endpoint_id}"
    if settings.mail.host and OPERATIONS in settings.mail.routes:
        yield "mail", f"route:{OPERATIONS}"
    for name, bot in sorted(settings.bots.items()):
        if OPERATIONS in bot.routes:
            yield f"bot:{name}", f"bot:{name}"
