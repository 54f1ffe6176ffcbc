"""What people do: actions, notes, contacts, tasks, referrals, approvals; and what falls due when they do nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from stream.desk.store.base import Base, Key, Millis, Plain, Sealed, Word

_TASK_OPEN = text("done_at IS NULL")
_PENDING = text("decided_at IS NULL")
_PLANNED = text("done_at IS NULL")


class Action(Base):
    """What somebody did, once by its id, which is also `feedback`'s. Nothing changes a row."""

    __tablename__ = "actions"
    __table_args__ = (
        Index(None, "episode_id", "at"),
        Index(None, "customer_id", "at"),
        Index(None, "actor", "at"),
        Index(None, "at"),
    )

    action_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    # ack, snooze, unsnooze, outcome, note, handover, contact, refer, approve, reject, assign, task
    action: Mapped[Word]
    at: Mapped[Millis]
    actor: Mapped[Key]
    on_behalf_of: Mapped[Key | None]  # whose customer it is, where a deputy or manager acted
    customer_id: Mapped[Key]
    episode_id: Mapped[Key | None]
    branch_id: Mapped[Key | None]
    kind: Mapped[Word | None]  # of the episode
    until: Mapped[Millis | None]
    why: Mapped[str | None]  # of a snooze: a word of the config or the RM's own
    outcome: Mapped[Word | None]
    loss_reason: Mapped[Word | None]
    reason_source: Mapped[Word | None]
    receiver: Mapped[Key | None]  # of a handover or referral
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Note(Base):
    """Free text about a customer. Sealed: it may name anybody."""

    __tablename__ = "notes"
    __table_args__ = (Index(None, "customer_id", "at"), Index(None, "at"))

    note_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    action_id: Mapped[Key | None]
    customer_id: Mapped[Key]
    episode_id: Mapped[Key | None]
    author: Mapped[Key]
    at: Mapped[Millis]
    text_sealed: Mapped[Sealed]


class Contact(Base):
    """A contact with a customer, logged here or heard of from `contacts`: once by its event id."""

    __tablename__ = "contacts"
    __table_args__ = (Index(None, "customer_id", "at"), Index(None, "staff_id", "at"), Index(None, "at"))

    contact_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)  # event_id of the message
    customer_id: Mapped[Key]
    staff_id: Mapped[Key]
    at: Mapped[Millis]
    how: Mapped[Word]  # visit, call, message, mail ...
    result: Mapped[Word]  # reached, not_reached, read_no_reply, replied, declined
    episode_id: Mapped[Key | None]
    action_id: Mapped[Key | None]
    source: Mapped[Word]  # desk, topic


class Task(Base):
    """A next step with a time: what an outcome makes by the table of the config, or what somebody wrote down."""

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("origin"),
        Index("ix_tasks_open", "owner", "due_at", postgresql_where=_TASK_OPEN, sqlite_where=_TASK_OPEN),
        Index("ix_tasks_due", "due_at", postgresql_where=_TASK_OPEN, sqlite_where=_TASK_OPEN),
        Index(None, "customer_id", "due_at"),
        Index(None, "done_at"),
    )

    task_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    origin: Mapped[Key]  # what made it, once: action id / task kind / number
    kind: Mapped[Word]  # win_back_call, follow_up ... as the config names them
    customer_id: Mapped[Key]
    episode_id: Mapped[Key | None]
    owner: Mapped[Key]  # rm:ID or branch:ID
    branch_id: Mapped[Key | None]
    state: Mapped[Word] = mapped_column(Plain(), default="open")  # open, done, cancelled
    due_at: Mapped[Millis]
    created_at: Mapped[Millis]
    created_by: Mapped[Key]
    reminded_at: Mapped[Millis | None]
    done_at: Mapped[Millis | None]  # or cancelled
    done_by: Mapped[Key | None]
    result: Mapped[Word | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Referral(Base):
    """An episode passed on to another department: fraud, risk, another line of business."""

    __tablename__ = "referrals"
    __table_args__ = (Index(None, "department", "state", "at"), Index(None, "customer_id"), Index(None, "at"))

    referral_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    action_id: Mapped[Key]
    episode_id: Mapped[Key | None]
    customer_id: Mapped[Key]
    department: Mapped[Word]
    by: Mapped[Key]
    at: Mapped[Millis]
    reason_sealed: Mapped[Sealed | None]
    state: Mapped[Word] = mapped_column(Plain(), default="sent")  # sent, taken, answered, returned
    state_at: Mapped[Millis]
    state_by: Mapped[Key | None]
    answer_sealed: Mapped[Sealed | None]


class Approval(Base):
    """What somebody asked for and a manager must allow, with the whole proposal, so that it can be carried out then."""

    __tablename__ = "approvals"
    __table_args__ = (
        Index("ix_approvals_pending", "branch_id", "requested_at", postgresql_where=_PENDING, sqlite_where=_PENDING),
        Index(None, "episode_id"),
        Index(None, "customer_id"),
        Index(None, "requested_at"),
    )

    approval_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    action_id: Mapped[Key]  # of the asking
    subject: Mapped[Word]  # not_worth_keeping
    episode_id: Mapped[Key | None]
    customer_id: Mapped[Key]
    branch_id: Mapped[Key | None]
    requested_by: Mapped[Key]
    requested_at: Mapped[Millis]
    proposal: Mapped[dict[str, Any]]
    decision: Mapped[Word] = mapped_column(Plain(), default="pending")  # pending, approved, rejected, withdrawn
    decided_by: Mapped[Key | None]
    decided_at: Mapped[Millis | None]
    why: Mapped[str | None]


class Escalation(Base):
    """One step of an episode's escalation; the key keeps it to once. A planned one is a timer that restarts survive."""

    __tablename__ = "escalations"
    __table_args__ = (
        Index("ix_escalations_planned", "due_at", postgresql_where=_PLANNED, sqlite_where=_PLANNED),
        Index(None, "receiver", "done_at"),
    )

    episode_id: Mapped[Key] = mapped_column(
        Plain(), ForeignKey("episodes.episode_id", ondelete="CASCADE"), primary_key=True
    )
    step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # from 1
    to: Mapped[Word]  # deputy, branch, manager
    receiver: Mapped[Key | None]  # who that was, once it is done
    state: Mapped[Word] = mapped_column(Plain(), default="planned")  # planned, done, cancelled, skipped (nobody there)
    due_at: Mapped[Millis]
    planned_at: Mapped[Millis]
    done_at: Mapped[Millis | None]  # or cancelled or skipped
    alert_id: Mapped[Key | None]  # of the `escalated` alert that said so


class Timer(Base):
    """Anything else that is to happen at a time: a digest, the end of a snooze, a reminder. Once by kind and key."""

    __tablename__ = "timers"
    __table_args__ = (Index(None, "due_at"),)

    kind: Mapped[Word] = mapped_column(Plain(), primary_key=True)
    key: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    due_at: Mapped[Millis]
    customer_id: Mapped[Key | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
