"""What was held back until now, told as one notification: after quiet hours, and on the morning after a full day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.push import told
from stream.desk.push.habits import HabitsOf
from stream.desk.push.speaking import speak
from stream.desk.store.repositories.pushes import NewPush
from stream.desk.store.repositories.rows import chunks
from stream.desk.store.tables import Episode, Holdback
from stream.domain.alerts import PRIORITY

_CORE = {"synchronize_session": False}
_WORDS = {priority: word for word, priority in PRIORITY.items()}


async def due(tx: AsyncSession, now: int, limit: int) -> list[str]:
    """Return some of those who have something to be released now."""
    waiting = Holdback.released_at.is_(None), Holdback.release_at <= now
    return list(await tx.scalars(select(Holdback.receiver).where(*waiting).distinct().limit(limit)))


async def release(tx: AsyncSession, receiver: str, habits_of: HabitsOf, now: int) -> frozenset[str]:
    """Tell one person of all that waited until now, or let it wait on where their quiet hours have changed."""
    hours, mine = habits_of(receiver).hours, (Holdback.receiver == receiver, Holdback.released_at.is_(None))
    if (until := hours.until(now)) is not None:
        later = update(Holdback).where(*mine, Holdback.release_at <= now).values(release_at=until)
        await tx.execute(later, execution_options=_CORE)
        return frozenset()
    rows = await _waiting(tx, [*mine, Holdback.release_at <= now])
    live = [row for row in rows if row.ended_at is None and row.acknowledged_at is None]
    await _end(tx, [row.id for row in live], "digest", now)
    await _end(tx, [row.id for row in rows if row not in live], "ended", now)
    await told.mark(tx, [row.episode_id for row in rows], None, None)
    habits_of.rules.metrics.released.labels("digest").inc(len(live))
    if not live:
        return frozenset()
    await speak(tx, [NewPush(receiver=receiver, event="digest", notify=True, data=_summary(live))], habits_of, now)
    await told.count(tx, {(receiver, hours.local_date(now), "pushed"): 1})
    return frozenset({receiver})


async def _waiting(tx: AsyncSession, conditions: list[Any]) -> Sequence[Any]:
    columns = (Holdback.id, Holdback.episode_id, Holdback.priority, Episode.ended_at, Episode.acknowledged_at)
    joined = select(*columns).outerjoin(Episode, Episode.episode_id == Holdback.episode_id)
    return (await tx.execute(joined.where(*conditions))).all()


async def _end(tx: AsyncSession, ids: Sequence[int], by: str, now: int) -> None:
    for some in chunks(ids):
        done = update(Holdback).where(Holdback.id.in_(some)).values(released_at=now, released_by=by)
        await tx.execute(done, execution_options=_CORE)


def _summary(live: Sequence[Any]) -> dict[str, Any]:
    """Return how many episodes there are, and of each severity."""
    gravest: dict[str, int] = {}
    for row in live:
        gravest[row.episode_id] = min(row.priority, gravest.get(row.episode_id, row.priority))
    by_severity = Counter(_WORDS.get(priority, "low") for priority in gravest.values())
    return {"episodes": len(gravest), "severities": dict(by_severity), "priority": min(gravest.values())}
