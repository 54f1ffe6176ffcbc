"""Escalations and timers as rows: planned, called off, planned again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.acts.deed import Context
from stream.desk.store.repositories.rows import insert_into, table
from stream.desk.store.tables import Episode, Escalation, Timer
from stream.desk.work import escalation

SNOOZE = "snooze"
"""Kind of the timer that ends a snooze; its key is the episode's id."""


async def plan(tx: AsyncSession, episode: Episode, now: int, context: Context) -> None:
    """Plan the steps that are left of an episode that is open, awake and unacknowledged; others have none."""
    if episode.ended_at is not None or episode.acknowledged_at is not None or (episode.snoozed_until or 0) > now:
        return
    steps = escalation.plan(
        context.settings.escalation, context.hours, severity=episode.severity, due_at=episode.due_at, now=now
    )
    rows = [
        {
            "episode_id": episode.episode_id,
            "step": step.number,
            "to": step.to,
            "state": "planned",
            "due_at": step.due_at,
            "planned_at": now,
            "done_at": None,
        }
        for step in steps
        if step.number > episode.escalation
    ]
    if rows:
        statement = insert_into(tx, Escalation)
        old, new = table(Escalation).c, statement.excluded
        again = {name: new[name] for name in ("to", "state", "due_at", "planned_at", "done_at")}
        upsert = statement.on_conflict_do_update(
            index_elements=["episode_id", "step"], set_=again, where=old.state.in_(("cancelled", "planned"))
        )
        await tx.execute(upsert, rows)
    await note_next(tx, episode)


async def note_next(tx: AsyncSession, episode: Episode) -> None:
    """Write on the episode when it escalates next."""
    left = select(Escalation.due_at).where(Escalation.episode_id == episode.episode_id, Escalation.done_at.is_(None))
    following = await tx.scalar(left.order_by(Escalation.due_at).limit(1))
    changed = update(Episode).where(Episode.episode_id == episode.episode_id)
    await tx.execute(changed.values(next_escalation_at=following))
    await tx.refresh(episode)


async def call_off(tx: AsyncSession, episode_id: str, now: int) -> None:
    """Cancel the steps that are still planned."""
    planned = update(Escalation).where(Escalation.episode_id == episode_id, Escalation.done_at.is_(None))
    await tx.execute(planned.values(state="cancelled", done_at=now))
    await tx.execute(update(Episode).where(Episode.episode_id == episode_id).values(next_escalation_at=None))


async def set_timer(
    tx: AsyncSession, kind: str, key: str, due_at: int, customer_id: str | None = None, **details: Any
) -> None:
    """Have something happen at a time; set again it moves."""
    row = {"kind": kind, "key": key, "due_at": due_at, "customer_id": customer_id, "details": details}
    statement = insert_into(tx, Timer).values(row)
    changes = {name: statement.excluded[name] for name in ("due_at", "customer_id", "details")}
    await tx.execute(statement.on_conflict_do_update(index_elements=["kind", "key"], set_=changes))


async def stop_timer(tx: AsyncSession, kind: str, key: str) -> None:
    """Have it not happen."""
    await tx.execute(delete(Timer).where(Timer.kind == kind, Timer.key == key))


async def forget_steps(tx: AsyncSession, episode_id: str) -> None:
    """Have an episode escalate from the first step again: somebody else has it now."""
    await tx.execute(delete(Escalation).where(Escalation.episode_id == episode_id))
