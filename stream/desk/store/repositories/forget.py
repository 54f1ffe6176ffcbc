"""A customer who is to be forgotten: the tombstone of a profile."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.base import Base
from stream.desk.store.repositories.rows import table
from stream.desk.store.tables import (
    Action,
    Alert,
    Approval,
    Assignment,
    Audit,
    Contact,
    CustomerEvent,
    Episode,
    Holdback,
    ImportedRow,
    Note,
    Notice,
    Outbox,
    Profile,
    ProfileCircle,
    ProfileProduct,
    Push,
    Referral,
    Task,
    Timer,
    WebhookDelivery,
)

GOES: tuple[type[Base], ...] = (
    Action,
    Alert,
    Approval,
    Assignment,
    Contact,
    CustomerEvent,
    Episode,
    Holdback,
    Note,
    Notice,
    ProfileCircle,
    ProfileProduct,
    Profile,
    Push,
    Referral,
    Task,
    Timer,
    WebhookDelivery,
)
"""Tables whose rows of the customer are deleted, with what hangs on them."""

STAYS: Mapping[type[Base], str] = {
    Outbox: "what is not published yet is still owed to others; what is published goes",
    Audit: "who looked at whom must stay provable; the row holds ids only",
    ImportedRow: "the list keeps its lines; the line no longer says who it was",
}
"""The other tables that name a customer, and why they are treated otherwise."""


async def forget_customer(session: AsyncSession, customer_id: str) -> None:
    """Delete what is known of a customer. An alert that comes later would make an episode again."""
    for entity in GOES:
        await session.execute(delete(table(entity)).where(table(entity).c.customer_id == customer_id))
    published = Outbox.customer_id == customer_id, Outbox.published_at.is_not(None)
    await session.execute(delete(Outbox).where(*published))
    lines = update(ImportedRow).where(ImportedRow.customer_id == customer_id)
    await session.execute(lines.values(customer_id=None, details={}))
