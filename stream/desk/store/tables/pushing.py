"""What reaches a person at once: the numbered log of pushes, and what was held back and why."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from stream.desk.store.base import COUNTED, Base, Key, Millis, Plain, Serial, Word

_HELD = text("released_at IS NULL")


class PushCounter(Base):
    """The number of a receiver's last push. Numbers have no gap, and never start again, whatever was deleted."""

    __tablename__ = "push_counters"

    receiver: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    last_number: Mapped[int]


class Push(Base):
    """One server-sent event to one receiver, 1, 2, 3 ...: the number is its id, from which a stream goes on.

    `data` holds ids and words of the config, never a name, a number or an amount.
    """

    __tablename__ = "pushes"
    __table_args__ = (Index(None, "created_at"), Index(None, "customer_id"))

    receiver: Mapped[Key] = mapped_column(Plain(), primary_key=True)  # staff id, or a name that several listen to
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event: Mapped[Word]  # alert, change, storm, digest, task ...
    notify: Mapped[bool]  # with a notification of the browser
    created_at: Mapped[Millis]
    customer_id: Mapped[Key | None]
    episode_id: Mapped[Key | None]
    alert_id: Mapped[Key | None]
    data: Mapped[dict[str, Any]]


class PushDay(Base):
    """What one receiver was told on one local day: against the daily budget."""

    __tablename__ = "push_days"

    receiver: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    pushed: Mapped[int] = mapped_column(default=0)
    passed: Mapped[int] = mapped_column(default=0)  # critical, over the budget all the same
    held: Mapped[int] = mapped_column(default=0)


class Holdback(Base):
    """A push that waits: over the budget, in quiet hours, or part of a storm. Nothing is dropped."""

    __tablename__ = "holdbacks"
    __table_args__ = (
        UniqueConstraint("receiver", "alert_id"),
        Index("ix_holdbacks_waiting", "receiver", "priority", "points", postgresql_where=_HELD, sqlite_where=_HELD),
        Index("ix_holdbacks_release", "release_at", postgresql_where=_HELD, sqlite_where=_HELD),
        Index(None, "episode_id"),
        Index(None, "customer_id"),
        Index(None, "released_at"),
        COUNTED,
    )

    id: Mapped[Serial]
    receiver: Mapped[Key]
    alert_id: Mapped[Key]
    episode_id: Mapped[Key]
    customer_id: Mapped[Key]
    why: Mapped[Word]  # budget, quiet, storm
    priority: Mapped[int]
    points: Mapped[float]
    held_at: Mapped[Millis]
    release_at: Mapped[Millis | None]  # None: when there is room in the budget
    released_at: Mapped[Millis | None]
    released_by: Mapped[Word | None]  # digest, room, ended, summary


class Storm(Base):
    """A storm as one receiver sees it: one summary for many openings."""

    __tablename__ = "storms"
    __table_args__ = (Index(None, "last_at"),)

    storm_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    receiver: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    kind: Mapped[Word]
    episodes: Mapped[int]
    first_at: Mapped[Millis]
    last_at: Mapped[Millis]
    told_at: Mapped[Millis | None]  # of the newest summary
    told: Mapped[int] = mapped_column(default=0)  # episodes in it
