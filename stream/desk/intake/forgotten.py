"""Customers who were forgotten lately: what was written about them before must not bring them back.

The topics are read side by side, so that an alert from before a tombstone may come after it. The mark is a timer, which
goes by itself after some days; it holds the id and a time, nothing else.
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

_FOR_MS = 7 * 86_400_000


async def mark(tx: AsyncSession, customer_id: str, at: int, now: int) -> None:
    """Note that a customer was forgotten by a tombstone written at `at` (epoch ms)."""
    await planning.set_timer(tx, planning.FORGOTTEN, customer_id, now + _FOR_MS, at=at)


async def without_forgotten(tx: AsyncSession, items: Sequence[Item]) -> list[Item]:
    """Return the records but for those of forgotten customers that were written before they were forgotten."""
    at: dict[str, int] = {}
    customers = {_customer(item) for item in items} - {""}
    for some in chunks(sorted(customers)):
        marks = select(Timer.key, Timer.details).where(Timer.kind == planning.FORGOTTEN, Timer.key.in_(some))
        at.update({key: int(details["at"]) for key, details in await tx.execute(marks)})
    return [item for item in items if item.came.record.timestamp > at.get(_customer(item), -1)]


def _customer(item: Item) -> str:
    value: Any = item.value
    return getattr(value, "customer_id", "") or ""
