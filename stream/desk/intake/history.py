"""What was on the topics before the desk began: it is shown, and nobody is told of it.

A desk that starts beside a running engine finds weeks of alerts. They belong on the worklist; but telling everybody of
each, and escalating all of them at once, would bury what is new.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.acts import planning
from stream.desk.store.tables import Position, Timer

_NEVER = 2**53  # it is a mark, and never due


async def began(tx: AsyncSession, consumer: str, now: int) -> int:
    """Return when this desk first read (epoch ms), noting it where it has not: 0 for one that read before it was noted.

    Alerts whose records are older are history.
    """
    known = await tx.get(Timer, (planning.BEGAN, consumer))
    if known is not None:
        return int(known.details["at"])
    has_read = (await tx.scalars(select(Position.topic).where(Position.consumer == consumer).limit(1))).first()
    at = now if has_read is None else 0
    await planning.set_timer(tx, planning.BEGAN, consumer, _NEVER, at=at)
    return at
