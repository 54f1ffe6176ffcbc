"""Room in today's budget: what was told today and is answered lets the best of what waits go, without a sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CompoundSelect, func, select, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.push import told
from stream.desk.push.habits import Habits, HabitsOf
from stream.desk.push.speaking import speak
from stream.desk.store.repositories.pushes import NewPush
from stream.desk.store.tables import Action, Episode, Holdback, Push
from stream.desk.work.budget import Budget, Claim, released

_CORE = {"synchronize_session": False}
_BUDGET = Holdback.released_at.is_(None), Holdback.why == "budget"


async def waiting(tx: AsyncSession, acted_since: int | None) -> list[str]:
    """Return those for whom something waits for room; given a time, only who acted since then (epoch ms)."""
    who = select(Holdback.receiver).where(*_BUDGET).distinct()
    if acted_since is not None:
        acted: CompoundSelect[Any] = union(
            select(Action.actor).where(Action.at >= acted_since),
            select(Action.on_behalf_of).where(Action.at >= acted_since, Action.on_behalf_of.is_not(None)),
        )
        who = who.where(Holdback.receiver.in_(acted))
    return list(await tx.scalars(who))


async def choose(tx: AsyncSession, receiver: str, habits: Habits, shares: Mapping[int, float], now: int) -> list[Any]:
    """Return what one person has room for, by rank; nothing in quiet hours."""
    if habits.hours.until(now) is not None:
        return []
    since = habits.hours.day_start(habits.hours.local_date(now))
    budget = Budget(habits.budget, await _unanswered(tx, receiver, since, now), shares)
    if not any(budget.room(priority) for priority in (2, 3, 4)):
        return []
    rows = {str(row.id): row for row in await _held(tx, receiver, budget.size)}
    return [rows[key] for key in released((Claim(k, r.priority, r.points) for k, r in rows.items()), budget)]


async def release(tx: AsyncSession, receiver: str, habits_of: HabitsOf, now: int) -> frozenset[str]:
    """Let go what there is room for."""
    chosen = await choose(tx, receiver, habits_of(receiver), habits_of.rules.settings.shares, now)
    if not chosen:
        return frozenset()
    await speak(tx, [_push(receiver, row) for row in chosen], habits_of, now)
    done = update(Holdback).where(Holdback.id.in_([row.id for row in chosen]))
    await tx.execute(done.values(released_at=now, released_by="room"), execution_options=_CORE)
    await told.mark(tx, [row.episode_id for row in chosen], None, None)
    habits_of.rules.metrics.released.labels("room").inc(len(chosen))
    return frozenset({receiver})


async def _unanswered(tx: AsyncSession, receiver: str, since: int, now: int) -> int:
    """Count what was told today and is still open, not acknowledged and not put off."""
    today = Push.receiver == receiver, Push.created_at >= since, Push.event == "alert", Push.episode_id.is_not(None)
    open_ = (
        Episode.acknowledged_at.is_(None),
        Episode.ended_at.is_(None),
        func.coalesce(Episode.snoozed_until, 0) <= now,
    )
    joined = select(func.count(Push.episode_id.distinct())).join(Episode, Episode.episode_id == Push.episode_id)
    return int(await tx.scalar(joined.where(*today, *open_)) or 0)


async def _held(tx: AsyncSession, receiver: str, limit: int) -> Sequence[Any]:
    """Return the best of what waits."""
    columns = (Holdback.id, Holdback.alert_id, Holdback.episode_id, Holdback.customer_id, Holdback.priority,
               Holdback.points, Episode.kind, Episode.severity)  # fmt: skip
    joined = select(*columns).join(Episode, Episode.episode_id == Holdback.episode_id)
    mine = joined.where(*_BUDGET, Holdback.receiver == receiver, Episode.acknowledged_at.is_(None))
    return (await tx.execute(mine.order_by(Holdback.priority, Holdback.points.desc()).limit(limit))).all()


def _push(receiver: str, row: Any) -> NewPush:
    return NewPush(
        receiver=receiver,
        event="alert",
        notify=False,
        customer_id=row.customer_id,
        episode_id=row.episode_id,
        alert_id=row.alert_id,
        data={"kind": row.kind, "severity": row.severity, "state": "released", "priority": row.priority},
    )
