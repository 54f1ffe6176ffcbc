"""Escalations and timers as rows: planned, called off, planned again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.acts.deed import Context
from stream.desk.push.habits import zone_of
from stream.desk.store.repositories.rows import chunks, insert_into, table
from stream.desk.store.tables import Branch, Episode, Escalation, Timer
from stream.desk.work import escalation

SNOOZE = "snooze"
"""Kind of the timer that ends a snooze; its key is the episode's id."""
BEGAN = "began"
"""Kind of the mark, never due, of when a desk first read; its key is the consumer."""
FORGOTTEN = "forgotten"
"""Kind of the timer that keeps a forgotten customer from coming back; its key is a digest of the id."""


async def plan(tx: AsyncSession, episode: Episode, now: int, context: Context) -> None:
    """Plan the steps that are left of one episode; see `plan_all`."""
    await plan_all(tx, [episode], now, context)
    await tx.refresh(episode)


async def plan_all(tx: AsyncSession, episodes: Sequence[Episode], now: int, context: Context) -> None:
    """Plan the steps that are left of those that are open, awake and unacknowledged; the others have none.

    A step that was taken stays taken: each happens once.
    """
    waiting = [episode for episode in episodes if _waits(episode, now)]
    zones = await _zones(tx) if waiting else {}
    rows = [row for episode in waiting for row in _steps(episode, now, context, zones)]
    if not rows:
        return
    statement = insert_into(tx, Escalation)
    old, new = table(Escalation).c, statement.excluded
    again = {name: new[name] for name in ("to", "state", "due_at", "planned_at", "done_at")}
    upsert = statement.on_conflict_do_update(
        index_elements=["episode_id", "step"], set_=again, where=or_(old.state == "cancelled", old.state == "planned")
    )
    await tx.execute(upsert, rows)
    first: dict[str, int] = {}
    for row in rows:
        first[row["episode_id"]] = min(first.get(row["episode_id"], row["due_at"]), row["due_at"])
    target = table(Episode)
    noted = update(target).where(target.c.episode_id == bindparam("of")).values(next_escalation_at=bindparam("at"))
    await (await tx.connection()).execute(noted, [{"of": id_, "at": due} for id_, due in first.items()])


def _waits(episode: Episode, now: int) -> bool:
    """Tell whether somebody is still to see to it."""
    return episode.ended_at is None and episode.acknowledged_at is None and (episode.snoozed_until or 0) <= now


async def _zones(tx: AsyncSession) -> dict[str, ZoneInfo]:
    """Return the branches whose clocks show another time than the business's."""
    rows = await tx.execute(select(Branch.branch_id, Branch.time_zone).where(Branch.time_zone.is_not(None)))
    found = {branch: zone_of(name) for branch, name in rows}
    return {branch: zone for branch, zone in found.items() if zone is not None}


def _steps(episode: Episode, now: int, context: Context, zones: Mapping[str, ZoneInfo]) -> Iterator[dict[str, Any]]:
    config, hours = context.settings.escalation, context.hours_in(zones.get(episode.branch_id or ""))
    for step in escalation.plan(config, hours, severity=episode.severity, due_at=episode.due_at, now=now):
        if step.number > episode.escalation:
            yield {
                "episode_id": episode.episode_id,
                "step": step.number,
                "to": step.to,
                "state": "planned",
                "due_at": step.due_at,
                "planned_at": now,
                "done_at": None,
            }


async def note_next(tx: AsyncSession, episode: Episode) -> None:
    """Write on the episode when it escalates next."""
    left = select(Escalation.due_at).where(Escalation.episode_id == episode.episode_id, Escalation.done_at.is_(None))
    following = await tx.scalar(left.order_by(Escalation.due_at).limit(1))
    changed = update(Episode).where(Episode.episode_id == episode.episode_id)
    await tx.execute(changed.values(next_escalation_at=following))
    await tx.refresh(episode)


async def call_off(tx: AsyncSession, episode_id: str, now: int) -> None:
    """Cancel the steps that are still planned."""
    await call_off_all(tx, [episode_id], now)


async def call_off_all(tx: AsyncSession, episode_ids: Sequence[str], now: int) -> None:
    """Cancel the steps of several episodes that are still planned."""
    for some in chunks(list(episode_ids)):
        planned = update(Escalation).where(Escalation.episode_id.in_(some), Escalation.done_at.is_(None))
        await tx.execute(planned.values(state="cancelled", done_at=now))
        await tx.execute(update(Episode).where(Episode.episode_id.in_(some)).values(next_escalation_at=None))


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
