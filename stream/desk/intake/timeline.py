"""Events for the customers' timelines: the newest of each customer, their content sealed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.acts.deed import Context
from stream.desk.store.repositories.rows import chunks, insert_into
from stream.desk.store.tables import CustomerEvent
from stream.domain.events import Complaint, Contact, ServiceEvent


async def keep(
    tx: AsyncSession, topic: str, events: Sequence[Complaint | ServiceEvent | Contact], context: Context
) -> None:
    """Write events, each once, and let go of the oldest of those customers who have too many.

    Customers without an episode are kept too: an episode's causes come before it does.
    """
    most = context.settings.work.timeline_events
    if not most:
        return
    rows = {event.event_id: _row(topic, event, context) for event in events}
    statement = insert_into(tx, CustomerEvent).on_conflict_do_nothing(index_elements=["topic", "event_id"])
    await tx.execute(statement, list(rows.values()))
    for some in chunks(sorted({event.customer_id for event in events})):
        await _shorten(tx, some, most)


async def _shorten(tx: AsyncSession, customers: Sequence[str], most: int) -> None:
    of = CustomerEvent.customer_id
    counts = select(of).where(of.in_(customers)).group_by(of).having(func.count() > most)
    for customer in list(await tx.scalars(counts)):
        key = (CustomerEvent.topic, CustomerEvent.event_id)
        newest = CustomerEvent.time.desc(), CustomerEvent.event_id
        kept = select(*key).where(of == customer).order_by(*newest).limit(most)
        await tx.execute(delete(CustomerEvent).where(of == customer, tuple_(*key).not_in(kept)))


def _row(topic: str, event: Complaint | ServiceEvent | Contact, context: Context) -> dict[str, Any]:
    return {
        "topic": topic,
        "event_id": event.event_id,
        "customer_id": event.customer_id,
        "time": event.time,
        "type": _type(event),
        "subject_id": _subject(event),
        "body_sealed": context.vault.seal(msgspec.json.encode(_shown(event))),
    }


def _type(event: Complaint | ServiceEvent | Contact) -> str:
    if isinstance(event, Complaint):
        return event.status
    return event.type if isinstance(event, ServiceEvent) else event.result


def _subject(event: Complaint | ServiceEvent | Contact) -> str | None:
    if isinstance(event, Complaint):
        return event.complaint_id
    return event.product.product_id if isinstance(event, ServiceEvent) and event.product else None


def _shown(event: Complaint | ServiceEvent | Contact) -> Any:
    plain = msgspec.to_builtins(event)
    forwarding = plain.get("forwarding")
    if forwarding:
        number = forwarding.pop("target_number", None)
        if number:
            forwarding["target_ends"] = number[-2:]
    return plain
