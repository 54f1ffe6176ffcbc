"""Webhook endpoints and their deliveries, as managers and administrators see them. No URL: it may hold a token."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.notify import endpoints
from stream.desk.store.tables import WebhookDelivery, WebhookEndpoint
from stream.desk.web.person import Person
from stream.desk.web.reach import may_keep

MOST = 100


class EndpointShown(Struct, frozen=True, kw_only=True):
    """Where alerts are posted to. Empty lists: all of them."""

    endpoint_id: str
    host: str
    description: str
    states: list[str]
    kinds: list[str]
    severities: list[str]
    branch_ids: list[str]
    allow_private: bool
    enabled: bool
    disabled_at: int | None
    disabled_why: str | None
    created_by: str
    created_at: int
    waiting: int
    failed: int


class DeliveryShown(Struct, frozen=True, kw_only=True):
    """One message to an endpoint. `subject`: the alert's id."""

    delivery_id: str
    subject: str
    state: str  # pending, delivered, failed, cancelled
    attempts: int
    created_at: int
    next_at: int | None
    ended_at: int | None
    last_status: int | None
    last_fault: str | None
    replay_of: str | None


async def shown(session: AsyncSession, person: Person) -> list[EndpointShown]:
    """Return the endpoints that somebody keeps."""
    rows = await endpoints.listed(session)
    return [_endpoint(*row) for row in rows if may_keep(person, row[0].branch_ids)]


def _endpoint(row: WebhookEndpoint, waiting: int, failed: int) -> EndpointShown:
    same = {name: getattr(row, name) for name in EndpointShown.__struct_fields__ if name not in ("waiting", "failed")}
    return EndpointShown(**same, waiting=waiting, failed=failed)


async def deliveries(session: AsyncSession, endpoint_id: str) -> list[DeliveryShown]:
    """Return the last deliveries of an endpoint, the newest first."""
    mine = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
    rows = await session.scalars(mine.order_by(WebhookDelivery.created_at.desc()).limit(MOST))
    return [DeliveryShown(**{name: getattr(row, name) for name in DeliveryShown.__struct_fields__}) for row in rows]
