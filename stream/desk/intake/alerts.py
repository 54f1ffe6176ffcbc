"""Alerts into history and episodes, with whose they are and when they escalate."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.acts import owners, planning
from stream.desk.acts.deed import Context
from stream.desk.intake.edge import Item
from stream.desk.store.repositories.alerts import Incoming, episodes_by_id, incoming, millis, take_alerts
from stream.desk.store.repositories.rows import chunks
from stream.desk.store.tables import Episode, Timer
from stream.domain.alerts import DeskAlert
from stream.domain.events import SEVERITIES

_OF_DESK = frozenset({"acknowledged", "escalated"})


@dataclass(frozen=True, slots=True)
class _Before:
    severity: str
    owner: str


async def take(
    tx: AsyncSession, items: Sequence[Item], now: int, context: Context, history: Collection[str] = ()
) -> list[Incoming]:
    """Write alerts, and return those that are new and the engine's; `history`: ids of those that do not escalate.

    The desk's own come back from the topic: they are known, unless the store was lost meanwhile; then they say again
    what had been answered.
    """
    book = await owners.book(tx, [item.value for item in items], now)
    batch = [_incoming(item, now, book) for item in items]
    ids = list(dict.fromkeys(one.episode_id for one in batch))
    before = {id_: _Before(row.severity, row.owner) for id_, row in (await episodes_by_id(tx, ids)).items()}
    fresh = await take_alerts(tx, batch)
    if not fresh:
        return []
    tx.expire_all()
    after = await episodes_by_id(tx, list(dict.fromkeys(one.episode_id for one in fresh)))
    told = {item.value.alert_id: item.value for item in items}
    for one in fresh:
        if one.alert["source"] == "desk":
            await _restore(tx, after[one.episode_id], told[one.alert_id])
    speaks = {one.episode_id for one in fresh if one.alert_id not in history}
    await _follow(tx, before, after, speaks, now, context)
    return [one for one in fresh if one.alert["source"] == "engine"]


def _incoming(item: Item, now: int, book: owners.Book) -> Incoming:
    alert: DeskAlert = item.value
    record = item.came.record
    return incoming(
        alert,
        record.value or b"",
        now,
        owner=book.owner(alert),
        branch_id=book.branch(alert),
        position=(item.came.partition, record.offset),
        source="desk" if alert.answer is not None or alert.state in _OF_DESK else "engine",
    )


async def _follow(
    tx: AsyncSession,
    before: Mapping[str, _Before],
    after: Mapping[str, Episode],
    speaks: Collection[str],
    now: int,
    context: Context,
) -> None:
    """Plan the escalation of what is new or got worse; call it off where an episode has ended.

    `speaks`: episodes of which there is more than history.
    """
    ended = [id_ for id_, episode in after.items() if episode.ended_at is not None]
    await planning.call_off_all(tx, ended, now)
    await _stop_snoozes(tx, ended)
    living = [episode for episode in after.values() if episode.ended_at is None]
    waiting = [episode for episode in living if await _begins_anew(tx, episode, before.get(episode.episode_id))]
    await planning.plan_all(tx, [episode for episode in waiting if episode.episode_id in speaks], now, context)


async def _begins_anew(tx: AsyncSession, episode: Episode, known: _Before | None) -> bool:
    """Tell whether its escalation is to be planned: it is new, worse than it was, or somebody else's."""
    if known is None:
        return True
    worse = _rank(episode.severity) > _rank(known.severity)
    if worse and (episode.acknowledged_at is not None or episode.snoozed_until is not None):
        await _see_anew(tx, episode)
    if moved := known.owner != episode.owner:
        await planning.forget_steps(tx, episode.episode_id)
        await _set(tx, episode, escalation=0)
    return worse or moved


async def _restore(tx: AsyncSession, episode: Episode, alert: DeskAlert) -> None:
    """Take from the desk's own alert what the store has lost."""
    answer = alert.answer
    if answer is None:
        return
    at = millis(alert.event_time)
    if alert.state == "acknowledged" and episode.acknowledged_at is None:
        await _set(tx, episode, acknowledged_at=at, acknowledged_by=answer.actor)
    elif alert.state == "closed" and episode.outcome is None:
        await _set(
            tx,
            episode,
            outcome=answer.outcome,
            loss_reason=answer.loss_reason,
            reason_source=answer.reason_source,
            outcome_at=at,
            outcome_by=answer.actor,
        )
    elif alert.state == "escalated" and answer.step is not None and episode.escalation < answer.step:
        await _set(tx, episode, escalation=answer.step)


async def _see_anew(tx: AsyncSession, episode: Episode) -> None:
    """Put a warning that got worse back on the list, as the engine does: it was put off for less."""
    await _set(tx, episode, acknowledged_at=None, acknowledged_by=None, snoozed_until=None)
    await planning.stop_timer(tx, planning.SNOOZE, episode.episode_id)


async def _set(tx: AsyncSession, episode: Episode, **columns: object) -> None:
    changed = update(Episode).where(Episode.episode_id == episode.episode_id)
    await tx.execute(changed.values(**columns, version=Episode.version + 1))
    await tx.refresh(episode)


async def _stop_snoozes(tx: AsyncSession, ended: Sequence[str]) -> None:
    for some in chunks(list(ended)):
        found = select(Timer.key).where(Timer.kind == planning.SNOOZE, Timer.key.in_(some))
        for key in list(await tx.scalars(found)):
            await planning.stop_timer(tx, planning.SNOOZE, key)


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else 0
