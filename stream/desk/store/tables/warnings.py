"""Alerts as they came, and the episodes they are about."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from stream.desk.store.base import Base, Key, Millis, Plain, Word

EpisodeState = Literal["open", "resolved", "expired", "closed"]
"""`open` until the cause is gone, nothing more happens, or an outcome ends it."""
HeldBy = Literal["budget", "quiet", "storm"]

_IS_OPEN = text("ended_at IS NULL")
_HAS_ENDED = text("ended_at IS NOT NULL")

_HAS_OUTCOME = text("outcome_at IS NOT NULL")
_IS_HELD = text("ended_at IS NULL AND held_by IS NOT NULL")

_RANKED = (
    "customer_id",
    "episode_id",
    "due_at",
    "updated_at",
    "snoozed_until",
    "acknowledged_at",
    "held_by",
    "kind",
    "severity",
    "class",
    "ended_at",
)
"""With priority and points all that ranking a list asks for: thousands of rows are ranked without being read."""


class Alert(Base):
    """The history of alerts: each once, by its id, with the body as it was received. Nothing changes a row."""

    __tablename__ = "alerts"
    __table_args__ = (
        Index(None, "episode_id", "sequence"),
        Index(None, "customer_id", "event_time"),
        Index(None, "received_at"),
    )

    alert_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    episode_id: Mapped[Key]
    sequence: Mapped[int]
    state: Mapped[Word]  # opened, updated, resolved, expired, closed; the desk's: acknowledged, escalated, closed
    source: Mapped[Word]  # engine, desk
    kind: Mapped[Word]
    severity: Mapped[Word]
    customer_id: Mapped[Key]
    event_time: Mapped[Millis]
    detected_at: Mapped[Millis | None]
    received_at: Mapped[Millis]  # at the desk, wall clock
    topic_partition: Mapped[int | None]  # where it stood on `alerts`; None: made here
    topic_offset: Mapped[int | None]
    body: Mapped[bytes]


class Episode(Base):
    """One open or ended warning, as the newest alert and the answers to it have left it.

    What comes from alerts is written by `repositories.alerts` only; what the desk adds is left alone by it: everything
    from `owner_fixed` on. `owner` is the receiver that has it on the worklist: `rm:ID`, `branch:ID` or `unassigned`,
    as in an alert's `routes`; once the desk has moved it (`owner_fixed`) the engine's routes no longer do.
    """

    __tablename__ = "episodes"
    __table_args__ = (
        Index("ix_episodes_worklist", "owner", "priority", "points", *_RANKED, "branch_id", postgresql_where=_IS_OPEN,
              sqlite_where=_IS_OPEN),
        Index("ix_episodes_branch", "branch_id", "priority", "points", *_RANKED, "owner", "value", "health",
              postgresql_where=_IS_OPEN, sqlite_where=_IS_OPEN),
        Index("ix_episodes_house", "priority", text("points DESC"), *_RANKED, "owner", postgresql_where=_IS_OPEN,
              sqlite_where=_IS_OPEN),
        Index("ix_episodes_held", "priority", "points", postgresql_where=_IS_HELD, sqlite_where=_IS_HELD),
        Index("ix_episodes_value", "value", postgresql_where=_IS_OPEN, sqlite_where=_IS_OPEN),
        Index("ix_episodes_newest", "opened_at", postgresql_where=_IS_OPEN, sqlite_where=_IS_OPEN),
        Index("ix_episodes_due", "due_at", postgresql_where=_IS_OPEN, sqlite_where=_IS_OPEN),
        Index("ix_episodes_snoozed", "snoozed_until", postgresql_where=_IS_OPEN, sqlite_where=_IS_OPEN),
        Index("ix_episodes_storm", "storm_id", "owner", sqlite_where=text("storm_id IS NOT NULL"),
              postgresql_where=text("storm_id IS NOT NULL")),
        Index(None, "customer_id", "opened_at", postgresql_ops={"customer_id": "text_pattern_ops"}),
        Index(None, "opened_at", "branch_id"),
        Index(None, "branch_id", "opened_at"),
        Index(None, "outcome_at", "branch_id", postgresql_where=_HAS_OUTCOME, sqlite_where=_HAS_OUTCOME),
        Index(None, "branch_id", "outcome_at", postgresql_where=_HAS_OUTCOME, sqlite_where=_HAS_OUTCOME),
        Index("ix_episodes_ended_owner", "owner", "ended_at", "branch_id", postgresql_where=_HAS_ENDED,
              sqlite_where=_HAS_ENDED),
        Index("ix_episodes_ended_branch", "branch_id", "ended_at", postgresql_where=_HAS_ENDED,
              sqlite_where=_HAS_ENDED),
        # not of those without an end: SQLite took it for the worklist, after ANALYZE, and read all that are open
        Index(None, "ended_at", postgresql_where=_HAS_ENDED, sqlite_where=_HAS_ENDED),
    )  # fmt: skip

    episode_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    customer_id: Mapped[Key]
    kind: Mapped[Word]
    severity: Mapped[Word]
    state: Mapped[EpisodeState] = mapped_column(Plain())
    sequence: Mapped[int]  # of the newest alert
    alert_id: Mapped[Key]  # of the newest alert
    rm_id: Mapped[Key | None]  # of the profile
    branch_id: Mapped[Key | None]  # that answers for it
    routes: Mapped[list[str]]
    owner: Mapped[Key]
    priority: Mapped[int]  # 1 (first) to 4
    points: Mapped[float]  # of the rank; 0 where an alert has none
    value: Mapped[float | None]  # base currency units a year
    class_: Mapped[str | None] = mapped_column("class", Plain())
    score: Mapped[float | None]
    grade: Mapped[Word | None]  # normal, near-churn, churned
    health: Mapped[float | None]
    due_at: Mapped[Millis | None]  # of the next step
    opened_at: Mapped[Millis]
    updated_at: Mapped[Millis]  # event time of the newest alert
    ended_at: Mapped[Millis | None]
    storm_id: Mapped[Key | None]
    rule_version: Mapped[int]
    body: Mapped[bytes]  # of the newest alert, both languages in it
    opening: Mapped[bytes]  # of the first alert seen: the figures at the moment of the warning

    owner_fixed: Mapped[bool] = mapped_column(default=False)
    seen_at: Mapped[Millis | None]  # first looked at by who owns it
    acknowledged_at: Mapped[Millis | None]
    acknowledged_by: Mapped[Key | None]
    snoozed_until: Mapped[Millis | None]  # None or past: on the worklist
    snooze_reason: Mapped[str | None]
    snoozed_by: Mapped[Key | None]
    outcome: Mapped[Word | None]  # saved, lost, false_alarm, unreachable, not_worth_keeping
    loss_reason: Mapped[Word | None]
    reason_source: Mapped[Word | None]  # customer, rm
    outcome_at: Mapped[Millis | None]
    outcome_by: Mapped[Key | None]
    first_contact_at: Mapped[Millis | None]  # first contact with the customer after it opened
    escalation: Mapped[int] = mapped_column(default=0)  # steps taken
    next_escalation_at: Mapped[Millis | None]
    held_by: Mapped[HeldBy | None] = mapped_column(Plain())  # not pushed: why
    held_until: Mapped[Millis | None]
    version: Mapped[int] = mapped_column(default=0)  # grows with each change of the desk's: for lost updates


class EpisodeReceiver(Base):
    """Who else has an episode on the worklist: routes besides the first, who it was escalated or referred to."""

    __tablename__ = "episode_receivers"
    __table_args__ = (Index(None, "receiver", "episode_id"),)

    episode_id: Mapped[Key] = mapped_column(
        Plain(), ForeignKey("episodes.episode_id", ondelete="CASCADE"), primary_key=True
    )
    receiver: Mapped[Key] = mapped_column(Plain(), primary_key=True)  # rm:ID, branch:ID, manager:ID, a department
    why: Mapped[Word]  # route, escalation, referral, handover
    since: Mapped[Millis]
