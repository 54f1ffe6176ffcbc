"""Webhook endpoints as an operator keeps them: added, listed, their secrets rotated, disabled, deliveries replayed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.notify.addresses import checked_url
from stream.desk.notify.deliveries import disable
from stream.desk.notify.fanout import delivery
from stream.desk.notify.signing import key_of, new_secret
from stream.desk.store.repositories.rows import insert_into
from stream.desk.store.tables import WebhookDelivery, WebhookEndpoint, WebhookSecret
from stream.desk.store.vault import Vault

__all__ = ["Endpoint", "UnknownError", "add", "disable", "enable", "listed", "replay", "replay_failed", "rotate"]


class UnknownError(LookupError):
    """There is no such endpoint or delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What is to be added. Empty tuples: all of them."""

    url: str
    description: str = ""
    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    branch_ids: tuple[str, ...] = ()
    allow_private: bool = False
    contact: str = ""  # mail address of whom to tell when it fails


async def add(
    tx: AsyncSession,
    vault: Vault,
    endpoint: Endpoint,
    by: str,
    now: int,
    secret: str | None = None,
    *,
    id_: str | None = None,
) -> tuple[str, str]:
    """Add an endpoint and return its id and its secret, which is shown this once. `id_`: a new one's by default.

    Raises:
        UrlError: it cannot be posted to.
        SecretError: `secret` is none.
    """
    url = checked_url(endpoint.url, allow_private=endpoint.allow_private)
    endpoint_id = id_ or f"ep_{secrets.token_hex(8)}"
    row = WebhookEndpoint(
        endpoint_id=endpoint_id,
        url_sealed=vault.seal(endpoint.url),
        host=url.host or "",
        description=endpoint.description,
        states=list(endpoint.states),
        kinds=list(endpoint.kinds),
        severities=list(endpoint.severities),
        branch_ids=list(endpoint.branch_ids),
        allow_private=endpoint.allow_private,
        contact_sealed=vault.seal(endpoint.contact) if endpoint.contact else None,
        created_by=by,
        created_at=now,
        updated_at=now,
    )
    tx.add(row)
    await tx.flush()
    return endpoint_id, _add_secret(tx, vault, endpoint_id, secret, now)


def _add_secret(tx: AsyncSession, vault: Vault, endpoint_id: str, secret: str | None, now: int) -> str:
    secret = new_secret() if secret is None else secret
    key_of(secret)
    sealed = vault.seal(secret)
    tx.add(WebhookSecret(secret_id=f"sec_{secrets.token_hex(8)}", endpoint_id=endpoint_id, secret_sealed=sealed,
                         created_at=now))  # fmt: skip
    return secret


async def rotate(
    tx: AsyncSession, vault: Vault, endpoint_id: str, now: int, overlap_ms: int, secret: str | None = None
) -> str:
    """Add a secret and return it; those before sign beside it for `overlap_ms` more, unless they end sooner.

    Raises:
        UnknownError: there is no such endpoint.
        SecretError: `secret` is none.
    """
    await _known(tx, endpoint_id)
    lasting = WebhookSecret.endpoint_id == endpoint_id, WebhookSecret.expires_at.is_(None)
    await tx.execute(update(WebhookSecret).where(*lasting).values(expires_at=now + overlap_ms))
    return _add_secret(tx, vault, endpoint_id, secret, now)


async def enable(tx: AsyncSession, endpoint_id: str, now: int) -> None:
    """Enable an endpoint again; what was cancelled meanwhile can be replayed.

    Raises:
        UnknownError: there is no such endpoint.
    """
    endpoint = await _known(tx, endpoint_id)
    endpoint.enabled, endpoint.disabled_at, endpoint.disabled_why, endpoint.updated_at = True, None, None, now
    endpoint.failing_since = None


async def listed(tx: AsyncSession) -> Sequence[tuple[WebhookEndpoint, int, int]]:
    """Return each endpoint with how many deliveries wait and how many failed."""
    waiting = func.count().filter(WebhookDelivery.state == "pending")
    failed = func.count().filter(WebhookDelivery.state == "failed")
    counts = select(WebhookDelivery.endpoint_id, waiting.label("waiting"), failed.label("failed"))
    by_id = {
        row.endpoint_id: (row.waiting, row.failed)
        for row in await tx.execute(counts.group_by(WebhookDelivery.endpoint_id))
    }
    endpoints = await tx.scalars(select(WebhookEndpoint).order_by(WebhookEndpoint.created_at))
    return [(endpoint, *by_id.get(endpoint.endpoint_id, (0, 0))) for endpoint in endpoints]


async def replay(tx: AsyncSession, delivery_id: str, now: int) -> str:
    """Send one delivery again, with the same `webhook-id`, and return the id of its new row.

    Raises:
        UnknownError: there is no such delivery.
    """
    old = await tx.get(WebhookDelivery, delivery_id)
    if old is None:
        raise UnknownError("no such delivery")
    first = old.replay_of or old.delivery_id
    again = select(func.count()).where(
        WebhookDelivery.replay_of == first, WebhookDelivery.endpoint_id == old.endpoint_id
    )
    number = int(await tx.scalar(again) or 0) + 1
    subject = f"{old.subject.partition('#')[0]}#{number}"
    row = delivery(old.endpoint_id, subject, old.customer_id, old.payload, now, now, of=first)
    await tx.execute(insert_into(tx, WebhookDelivery).values(row))
    return str(row["delivery_id"])


async def replay_failed(tx: AsyncSession, endpoint_id: str, since: int, now: int, limit: int = 10_000) -> int:
    """Send again what failed or was cancelled since a time (epoch ms), unless it was replayed; return how many.

    Raises:
        UnknownError: there is no such endpoint.
    """
    await _known(tx, endpoint_id)
    of = select(WebhookDelivery.replay_of).where(WebhookDelivery.replay_of.is_not(None))
    lost = (
        WebhookDelivery.endpoint_id == endpoint_id,
        WebhookDelivery.state.in_(("failed", "cancelled")),
        WebhookDelivery.created_at >= since,
        WebhookDelivery.replay_of.is_(None),
        WebhookDelivery.delivery_id.not_in(of.where(WebhookDelivery.state.in_(("pending", "delivered")))),
    )
    ids = list(await tx.scalars(select(WebhookDelivery.delivery_id).where(*lost).limit(limit)))
    for id_ in ids:
        await replay(tx, id_, now)
    return len(ids)


async def _known(tx: AsyncSession, endpoint_id: str) -> WebhookEndpoint:
    endpoint = await tx.get(WebhookEndpoint, endpoint_id)
    if endpoint is None:
        raise UnknownError("no such endpoint")
    return endpoint
