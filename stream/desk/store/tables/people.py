"""Staff and branches as the `staff` topic tells them, and what each person has set for themselves."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from stream.desk.store.base import Base, Key, Millis, Plain, Sealed, Word


class Staff(Base):
    """An RM, a manager or an auditor. An older record (`time`) changes nothing.

    The topic's fields are replaced by each record; `role`, `name_sealed`, `subject` and what follows come from the
    sign-in or from an administrator.
    """

    __tablename__ = "staff"
    __table_args__ = (
        Index(None, "branch_id"),
        Index(None, "manager_id"),
        Index(None, "deputy_id"),
        Index(None, "subject"),
    )

    staff_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    event_id: Mapped[Key | None]  # None: not told by the topic
    time: Mapped[Millis]
    status: Mapped[Word] = mapped_column(Plain(), default="active")  # active, leave, left, moved
    deputy_id: Mapped[Key | None]
    successor_ids: Mapped[list[str]] = mapped_column(default=list)
    branch_id: Mapped[Key | None]
    manager_id: Mapped[Key | None]
    role: Mapped[Word] = mapped_column(Plain(), default="rm")  # rm, manager, auditor
    name_sealed: Mapped[Sealed | None]
    subject: Mapped[Key | None]  # at the identity provider
    time_zone: Mapped[str | None]  # IANA; None: the branch's, then the business's
    language: Mapped[Word | None]  # zh, en


class Branch(Base):
    """A branch, and where its work is done since it was merged, moved or closed."""

    __tablename__ = "branches"
    __table_args__ = (Index(None, "manager_id"),)

    branch_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    event_id: Mapped[Key | None]
    time: Mapped[Millis]
    status: Mapped[Word] = mapped_column(Plain(), default="active")  # active, merged, moved, closed
    into_branch_id: Mapped[Key | None]
    manager_id: Mapped[Key | None]
    name: Mapped[str | None]
    time_zone: Mapped[str | None]


class Preference(Base):
    """What one person has set: language, hours in which nothing but the critical disturbs, where to be written to."""

    __tablename__ = "preferences"

    staff_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    language: Mapped[Word | None]
    time_zone: Mapped[str | None]
    quiet_from: Mapped[int | None]  # minutes after local midnight; None: the configured ones
    quiet_to: Mapped[int | None]
    daily_budget: Mapped[int | None]  # pushes a day; None: the configured one
    mail_sealed: Mapped[Sealed | None]
    bot_sealed: Mapped[Sealed | None]  # user id at the chat service
    channels: Mapped[list[str]] = mapped_column(default=list)  # mail, wecom, dingtalk besides the page
    updated_at: Mapped[Millis]
