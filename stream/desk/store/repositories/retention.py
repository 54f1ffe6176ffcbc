"""What has been kept long enough, deleted in chunks, so that nobody waits long for a writer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Date, delete, exists, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.base import Base
from stream.desk.store.repositories.rows import table
from stream.desk.store.tables import (
    Action,
    Alert,
    Approval,
    Audit,
    Contact,
    CustomerEvent,
    Episode,
    Holdback,
    ImportedList,
    Note,
    Notice,
    Outbox,
    Push,
    PushDay,
    Referral,
    Session,
    SignIn,
    Storm,
    Task,
    WebhookDelivery,
)


@dataclass(frozen=True, slots=True)
class Aged:
    """A table whose rows go when `since` lies far enough back: never while it is empty."""

    entity: type[Base]
    since: str  # a column in epoch ms, or a date
    unless: ColumnElement[bool] | None = None  # it stays all the same


_STILL_OPEN = exists().where(Episode.episode_id == Alert.episode_id, Episode.ended_at.is_(None))
_PENDING = Approval.decided_at.is_(None)

KINDS: Mapping[str, tuple[Aged, ...]] = {
    "alerts": (Aged(Alert, "received_at", _STILL_OPEN),),
    "episodes": (Aged(Holdback, "released_at"), Aged(Storm, "last_at"), Aged(Episode, "ended_at")),
    "actions": (
        Aged(Action, "at"),
        Aged(Note, "at"),
        Aged(Referral, "at"),
        Aged(Approval, "requested_at", _PENDING),
    ),
    "contacts": (Aged(Contact, "at"),),
    "events": (Aged(CustomerEvent, "time"),),
    "tasks": (Aged(Task, "done_at"),),
    "outbox": (Aged(Outbox, "published_at"),),
    "pushes": (Aged(Push, "created_at"), Aged(PushDay, "day")),
    "deliveries": (
        Aged(WebhookDelivery, "created_at", WebhookDelivery.ended_at.is_(None)),
        Aged(Notice, "created_at", Notice.ended_at.is_(None)),
    ),
    "sessions": (Aged(Session, "expires_at"), Aged(SignIn, "expires_at")),
    "audit": (Aged(Audit, "at"),),
    "lists": (Aged(ImportedList, "created_at"),),
}
"""By the names of `[desk.retention]`. What hangs on a row by a foreign key goes with it."""


async def delete_aged(session: AsyncSession, aged: Aged, before: int, limit: int) -> int:
    """Delete at most `limit` rows that are older than `before` (epoch ms), and return how many there were."""
    target = table(aged.entity)
    key: list[Column[Any]] = list(target.primary_key.columns)
    since = target.c[aged.since]
    line = dt.datetime.fromtimestamp(before / 1000, dt.UTC).date() if isinstance(since.type, Date) else before
    old = select(*key).where(since < line).order_by(since).limit(limit)
    if aged.unless is not None:
        old = old.where(~aged.unless)
    chosen = tuple_(*key).in_(old) if len(key) > 1 else key[0].in_(old)
    done = await session.execute(delete(target).where(chosen).returning(*key))
    return len(done.all())
