"""Where reading stands, and who does what only one may do."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.repositories.rows import insert_into, table
from stream.desk.store.tables import Lease, Position

Partition = tuple[str, int]
"""Topic, without the configured prefix, and partition."""


async def positions(session: AsyncSession, consumer: str) -> dict[Partition, int]:
    """Return the next offset of each partition that `consumer` has read from."""
    rows = await session.scalars(select(Position).where(Position.consumer == consumer))
    return {(row.topic, row.partition): row.next_offset for row in rows}


async def move_positions(session: AsyncSession, consumer: str, to: Mapping[Partition, int], at: int) -> None:
    """Note the next offsets, in the transaction that wrote the rows of those before.

    Never backwards: a reader that has lost its partition cannot undo what its successor has read.
    """
    statement = insert_into(session, Position)
    old, new = table(Position).c, statement.excluded
    upsert = statement.on_conflict_do_update(
        index_elements=["consumer", "topic", "partition"],
        set_={"next_offset": new.next_offset, "updated_at": new.updated_at},
        where=new.next_offset > old.next_offset,
    )
    rows = [
        {"consumer": consumer, "topic": topic, "partition": partition, "next_offset": offset, "updated_at": at}
        for (topic, partition), offset in to.items()
    ]
    if rows:
        await session.execute(upsert, rows)


async def reset_positions(session: AsyncSession, consumer: str, topic: str) -> None:
    """Forget where reading of a topic stands, because it was made anew."""
    await session.execute(delete(Position).where(Position.consumer == consumer, Position.topic == topic))


async def take_lease(session: AsyncSession, name: str, holder: str, now: int, for_ms: int) -> bool:
    """Take or renew the lease `name` until `now` + `for_ms`; `False`: another holds it still."""
    statement = insert_into(session, Lease).values(name=name, holder=holder, until=now + for_ms)
    old, new = table(Lease).c, statement.excluded
    upsert = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": new.holder, "until": new.until},
        where=or_(old.holder == holder, old.until <= now),
    )
    return (await session.execute(upsert.returning(old.name))).first() is not None


async def give_lease(session: AsyncSession, name: str, holder: str) -> None:
    """Give a lease back, so that another need not wait for its end."""
    await session.execute(delete(Lease).where(Lease.name == name, Lease.holder == holder))
