"""Alerts into the history and into their episodes: idempotent by alert id, whatever comes twice or late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from msgspec import UnsetType
from sqlalchemy import ColumnElement, case, select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.repositories.rows import chunks, insert_into, table
from stream.desk.store.tables import Alert, Episode, EpisodeReceiver
from stream.domain.alerts import Alert as Envelope

_ENDS = frozenset({"resolved", "expired", "closed"})
_UNASSIGNED = "unassigned"
_ALWAYS_KEPT = frozenset({"episode_id", "customer_id", "kind"})
_FIRST = frozenset({"opened_at", "opening"})  # of the alert with the lowest sequence
_OF_DESK = {"owner_fixed": False, "escalation": 0, "version": 0}  # of a new episode; an alert changes none of them
_ENDING = frozenset({"state", "ended_at"})  # an ended episode stays ended


@dataclass(frozen=True, slots=True)
class Incoming:
    """An alert as rows: one of the history, and what its episode is by it. Keys are names of columns."""

    alert: dict[str, Any]
    episode: dict[str, Any]

    @property
    def alert_id(self) -> str:
        """Return the alert's id."""
        return str(self.alert["alert_id"])

    @property
    def episode_id(self) -> str:
        """Return the episode's id."""
        return str(self.alert["episode_id"])


def millis(time: str) -> int:
    """Read RFC 3339 as epoch ms."""
    return round(dt.datetime.fromisoformat(time).timestamp() * 1000)


def incoming(
    envelope: Envelope,
    body: bytes,
    received_at: int,
    *,
    owner: str | None = None,
    branch_id: str | None = None,
    position: tuple[int, int] | None = None,
    source: Literal["engine", "desk"] = "engine",
) -> Incoming:
    """Return the rows of an alert.

    Args:
        envelope: the alert, read.
        body: as it was received.
        received_at: wall clock, epoch ms.
        owner: who has it on the worklist, where the desk knows better than the first of `routes`.
        branch_id: that answers for it, where the desk knows better than the profile.
        position: partition and offset on `alerts`.
        source: who tells it. What the desk tells has the sequence of the engine's alert that it is about.
    """
    when = millis(envelope.event_time)
    partition, offset = position or (None, None)
    alert = {
        "alert_id": envelope.alert_id,
        "episode_id": envelope.episode_id,
        "sequence": envelope.sequence,
        "state": envelope.state,
        "source": source,
        "kind": envelope.kind,
        "severity": envelope.severity,
        "customer_id": envelope.customer_id,
        "event_time": when,
        "detected_at": None if isinstance(envelope.detected_at, UnsetType) else millis(envelope.detected_at),
        "received_at": received_at,
        "topic_partition": partition,
        "topic_offset": offset,
        "body": body,
    }
    first = envelope.routes[0] if envelope.routes else _UNASSIGNED
    return Incoming(alert, _episode(envelope, body, when, owner or first, branch_id or envelope.branch_id))


def _episode(envelope: Envelope, body: bytes, when: int, owner: str, branch_id: str | None) -> dict[str, Any]:
    rank, ends = envelope.rank, envelope.state in _ENDS
    return {
        "episode_id": envelope.episode_id,
        "customer_id": envelope.customer_id,
        "kind": envelope.kind,
        "severity": envelope.severity,
        "state": envelope.state if ends else "open",
        "sequence": envelope.sequence,
        "alert_id": envelope.alert_id,
        "rm_id": envelope.rm_id,
        "branch_id": branch_id,
        "routes": envelope.routes,
        "owner": owner,
        "priority": envelope.priority,
        "points": rank.points if rank else 0.0,
        "value": rank.value if rank else None,
        "class": rank.class_ if rank else None,
        "score": envelope.score,
        "grade": envelope.grade,
        "health": envelope.health,
        "due_at": millis(envelope.next_step.due) if envelope.next_step else None,
        "opened_at": when,
        "updated_at": when,
        "ended_at": when if ends else None,
        "storm_id": envelope.storm_id,
        "rule_version": envelope.rule_version,
        "body": body,
        "opening": body,
    }


async def take_alerts(session: AsyncSession, batch: Sequence[Incoming]) -> list[Incoming]:
    """Write a batch and return those of it that were not there before, in their order, each once.

    An episode follows the alert with the highest sequence, keeps the time and body of the first, stays ended once it
    has ended, and stays with whom the desk gave it to.
    """
    fresh = await _append(session, batch)
    if fresh:
        episodes = _merge(fresh)
        await session.execute(_upsert(session, episodes[0]), [{**row, **_OF_DESK} for row in episodes])
        await _add_routes(session, fresh)
    return fresh


async def _append(session: AsyncSession, batch: Sequence[Incoming]) -> list[Incoming]:
    """Add to the history what is not in it."""
    by_id = {item.alert_id: item for item in batch}
    if not by_id:
        return []
    statement = insert_into(session, Alert).on_conflict_do_nothing(index_elements=["alert_id"])
    returning = statement.returning(table(Alert).c.alert_id)
    new = set((await session.execute(returning, [item.alert for item in by_id.values()])).scalars())
    return [item for alert_id, item in by_id.items() if alert_id in new]


def _merge(fresh: Sequence[Incoming]) -> list[dict[str, Any]]:
    """Return one row an episode: PostgreSQL does not touch a row twice in one statement."""
    merged: dict[str, dict[str, Any]] = {}
    for item in sorted(fresh, key=lambda item: item.alert["sequence"]):
        known, row = merged.get(item.episode_id), item.episode
        if known is not None:
            row = {**row, **{name: known[name] for name in _FIRST}}
            if known["ended_at"] is not None:
                row |= {name: known[name] for name in _ENDING}
        merged[item.episode_id] = row
    return list(merged.values())


def _upsert(session: AsyncSession, names: Iterable[str]) -> Any:
    statement = insert_into(session, Episode)
    new, old = statement.excluded, table(Episode).c
    newer, earlier = new.sequence > old.sequence, new.opened_at < old.opened_at
    changes: dict[str, ColumnElement[Any]] = {}
    for name in set(names) - _ALWAYS_KEPT:
        condition = earlier if name in _FIRST else newer
        if name in _ENDING:
            condition = old.ended_at.is_(None) & (newer | new.ended_at.is_not(None))
        elif name == "owner":
            condition = newer & old.owner_fixed.is_(False)
        changes[name] = case((condition, new[name]), else_=old[name])
    return statement.on_conflict_do_update(index_elements=["episode_id"], set_=changes)


async def _add_routes(session: AsyncSession, fresh: Sequence[Incoming]) -> None:
    """Note who else gets it: fraud, another department."""
    rows = {
        (item.episode_id, receiver): {
            "episode_id": item.episode_id,
            "receiver": receiver,
            "why": "route",
            "since": item.alert["event_time"],
        }
        for item in fresh
        for receiver in item.episode["routes"][1:]
    }
    if rows:
        statement = insert_into(session, EpisodeReceiver).on_conflict_do_nothing()
        await session.execute(statement, list(rows.values()))


async def episodes_by_id(session: AsyncSession, ids: Sequence[str]) -> dict[str, Episode]:
    """Return the episodes that there are."""
    found: dict[str, Episode] = {}
    for some in chunks(ids):
        rows = await session.scalars(select(Episode).where(Episode.episode_id.in_(some)))
        found.update({row.episode_id: row for row in rows})
    return found


async def episodes_of(session: AsyncSession, customer_id: str, *, only_open: bool = False) -> list[Episode]:
    """Return a customer's episodes, the newest first."""
    statement = select(Episode).where(Episode.customer_id == customer_id).order_by(Episode.opened_at.desc())
    return list(await session.scalars(statement.where(Episode.ended_at.is_(None)) if only_open else statement))


async def alerts_of(session: AsyncSession, customer_id: str, *, since: int = 0, limit: int = 500) -> list[Alert]:
    """Return a customer's alerts, the newest first."""
    statement = select(Alert).where(Alert.customer_id == customer_id, Alert.event_time >= since)
    ordered = statement.order_by(Alert.event_time.desc(), Alert.sequence.desc())
    return list(await session.scalars(ordered.limit(limit)))
