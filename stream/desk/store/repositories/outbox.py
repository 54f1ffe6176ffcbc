"""Messages that are to be published, in the order in which their transactions were committed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.repositories.rows import chunks, insert_into, must_be_ordered, table
from stream.desk.store.tables import Outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is to be published. `message_id` names it for ever: appended twice it is one message."""

    message_id: str  # TOPIC/ACTION_ID, TOPIC/ALERT_ID
    topic: str  # without the configured prefix
    key: bytes
    value: bytes
    headers: tuple[tuple[str, str], ...] = ()
    customer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """Where a message stands now that the broker has it."""

    id: int
    partition: int
    offset: int


async def append_messages(session: AsyncSession, messages: Sequence[Message], at: int) -> int:
    """Add messages behind those that are there, and return how many were new. `at`: wall clock, epoch ms.

    Raises:
        UnorderedError: the transaction is not an ordered one.
    """
    must_be_ordered(session)
    rows = [
        {
            "message_id": message.message_id,
            "topic": message.topic,
            "key": message.key,
            "value": message.value,
            "headers": [list(header) for header in message.headers],
            "customer_id": message.customer_id,
            "created_at": at,
            "attempts": 0,
        }
        for message in messages
    ]
    new = 0
    for some in chunks(rows):  # one statement each: numbered in the order of the list
        statement = insert_into(session, Outbox).values(some).on_conflict_do_nothing(index_elements=["message_id"])
        new += len((await session.execute(statement.returning(table(Outbox).c.id))).all())
    return new


async def waiting_messages(session: AsyncSession, limit: int = 500) -> list[Outbox]:
    """Return the next that are not published yet, in their order."""
    statement = select(Outbox).where(Outbox.published_at.is_(None)).order_by(Outbox.id).limit(limit)
    return list(await session.scalars(statement))


async def waiting_count(session: AsyncSession) -> tuple[int, int | None]:
    """Return how many wait, and since when the first does (epoch ms)."""
    statement = select(func.count(), func.min(Outbox.created_at)).where(Outbox.published_at.is_(None))
    count, since = (await session.execute(statement)).one()
    return int(count), since


async def mark_published(session: AsyncSession, sent: Iterable[Sent], at: int) -> None:
    """Note that the broker has them."""
    for message in sent:
        await session.execute(
            update(Outbox)
            .where(Outbox.id == message.id)
            .values(
                published_at=at,
                published_partition=message.partition,
                published_offset=message.offset,
                attempts=Outbox.attempts + 1,
                fault=None,
            )
        )


async def mark_failed(session: AsyncSession, id_: int, fault: str) -> None:
    """Note that an attempt failed, and what kind of fault it was."""
    changed = update(Outbox).where(Outbox.id == id_).values(attempts=Outbox.attempts + 1, fault=fault)
    await session.execute(changed)


async def give_up(session: AsyncSession, id_: int, fault: str, at: int) -> None:
    """Take a message that the broker will never take out of the way of the others; `fault` stays on it."""
    changed = update(Outbox).where(Outbox.id == id_).values(published_at=at, fault=fault)
    await session.execute(changed)
