"""Customers who were forgotten lately: what was written about them before must not bring them back.

The topics are read side by side, so that an alert from before a tombstone may come after it; dead letters are sent
again weeks later. The mark is a timer, which goes by itself after `privacy.remember_forgotten_days`; it holds a digest
of the id and a time, nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.acts import planning
from stream.desk.intake.edge import Item
from stream.desk.store.repositories.rows import chunks
from stream.desk.store.tables import Timer
from stream.engine.log.marks import digest, first_arrival


async def mark(tx: AsyncSession, customer_id: str, at: int, until: int) -> None:
    """Note, until a time, that a customer was forgotten by a tombstone written at `at`; both epoch ms."""
    await planning.set_timer(tx, planning.FORGOTTEN, _key(customer_id), until, at=at)


async def without_forgotten(tx: AsyncSession, items: Sequence[Item]) -> list[Item]:
    """Return the records but for those of forgotten customers that were written before they were forgotten."""
    at: dict[str, int] = {}
    keys = {_customer(item): _key(_customer(item)) for item in items if _customer(item)}
    for some in chunks(sorted(keys.values())):
        marks = select(Timer.key, Timer.details).where(Timer.kind == planning.FORGOTTEN, Timer.key.in_(some))
        at.update({key: int(details["at"]) for key, details in await tx.execute(marks)})
    if not at:
        return list(items)
    return [item for item in items if first_arrival(item.came.record) > at.get(keys.get(_customer(item), ""), -1)]


def _customer(item: Item) -> str:
    value: Any = item.value
    return getattr(value, "customer_id", "") or ""


def _key(customer_id: str) -> str:
    return digest(customer_id.encode()).hex()
