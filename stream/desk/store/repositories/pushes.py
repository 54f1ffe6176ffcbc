"""The numbered log of pushes to each receiver: a page that was away goes on behind the last number it saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Select, bindparam, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.repositories.rows import chunks, insert_into, must_be_ordered, table
from stream.desk.store.tables import Push, PushCounter


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPush:
    """A push without its number. `data` holds no name, number or amount."""

    receiver: str
    event: str
    data: dict[str, Any] = field(default_factory=dict)
    notify: bool = False
    customer_id: str | None = None
    episode_id: str | None = None
    alert_id: str | None = None


async def append_pushes(session: AsyncSession, pushes: Sequence[NewPush], at: int) -> list[int]:
    """Add pushes and return their numbers, in the order given; a receiver's numbers have no gap.

    They are seen by others from the commit on, never a higher number before a lower one.

    Raises:
        UnorderedError: the transaction is not an ordered one.
    """
    must_be_ordered(session)
    if not pushes:
        return []
    last = await _count_up(session, Counter(push.receiver for push in pushes))
    numbers = []
    for push in reversed(pushes):
        numbers.append(last[push.receiver])
        last[push.receiver] -= 1
    numbers.reverse()
    rows = [
        {
            "receiver": push.receiver,
            "number": number,
            "event": push.event,
            "notify": push.notify,
            "created_at": at,
            "customer_id": push.customer_id,
            "episode_id": push.episode_id,
            "alert_id": push.alert_id,
            "data": push.data,
        }
        for push, number in zip(pushes, numbers, strict=True)
    ]
    await session.execute(insert(table(Push)), rows)
    return numbers


async def _count_up(session: AsyncSession, by: Counter[str]) -> dict[str, int]:
    """Move the receivers' counters on and return where they stand then."""
    statement = insert_into(session, PushCounter)
    old, new = table(PushCounter).c, statement.excluded
    upsert = statement.on_conflict_do_update(
        index_elements=["receiver"], set_={"last_number": old.last_number + new.last_number}
    ).returning(old.receiver, old.last_number)
    rows = [{"receiver": receiver, "last_number": count} for receiver, count in by.items()]
    return {row.receiver: row.last_number for row in await session.execute(upsert, rows)}


async def pushes_after(session: AsyncSession, receiver: str, number: int, limit: int = 500) -> list[Push]:
    """Return a receiver's pushes behind `number`, in their order."""
    statement = select(Push).where(Push.receiver == receiver, Push.number > number)
    return list(await session.scalars(statement.order_by(Push.number).limit(limit)))


async def push_range(session: AsyncSession, receiver: str) -> tuple[int, int]:
    """Return the first number that is still kept and the last one given; (n + 1, n) when none is kept.

    A page that asks to go on behind a number lower than the first minus one has missed some: it must load anew.
    """
    last = await session.scalar(select(PushCounter.last_number).where(PushCounter.receiver == receiver)) or 0
    first = await session.scalar(select(func.min(Push.number)).where(Push.receiver == receiver))
    return (first if first is not None else last + 1), last


_AT_ONCE = 64  # receivers in one question


async def pushes_between(session: AsyncSession, spans: Mapping[str, tuple[int, int]]) -> dict[str, list[Push]]:
    """Return, for many receivers at once, the pushes behind the first number up to the second, in their order."""
    found: dict[str, list[Push]] = {}
    for some in chunks(list(spans.items()), _AT_ONCE):
        padded = [*some, *[some[0]] * (_padded(len(some)) - len(some))]
        values = {f"{name}{n}": value for n, (who, (after, up_to)) in enumerate(padded)
                  for name, value in (("who", who), ("after", after), ("up_to", up_to))}  # fmt: skip
        for push in await session.execute(_between(len(padded)), values):
            found.setdefault(push.receiver, []).append(cast(Push, push))  # rows, not entities: half the time
    return found


@lru_cache
def _between(count: int) -> Select[*tuple[Any, ...]]:
    """Return the question for so many receivers: each part of it goes by the key, which a list of keys would not."""
    columns = table(Push).c
    parts = (
        (columns.receiver == bindparam(f"who{n}"))
        & (columns.number > bindparam(f"after{n}"))
        & (columns.number <= bindparam(f"up_to{n}"))
        for n in range(count)
    )
    return select(*columns).where(or_(*parts)).order_by(columns.receiver, columns.number)


def _padded(count: int) -> int:
    """Return the next power of two, so that there are few forms of the question."""
    return 1 << (count - 1).bit_length()


async def last_numbers(session: AsyncSession, receivers: Sequence[str]) -> dict[str, int]:
    """Return the number of the last push of each that ever had one."""
    found: dict[str, int] = {}
    for some in chunks(receivers):
        counters = select(PushCounter.receiver, PushCounter.last_number).where(PushCounter.receiver.in_(some))
        found.update({row.receiver: row.last_number for row in await session.execute(counters)})
    return found
