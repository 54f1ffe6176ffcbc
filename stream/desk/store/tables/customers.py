"""What the desk knows about customers: the profile, names and phone numbers sealed, and the events of the timeline."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from stream.desk.store.base import Base, Key, Millis, Plain, Sealed, Word


class Profile(Base):
    """The newest record of `customers`. It replaces the one before; an older one (`time`) changes nothing."""

    __tablename__ = "profiles"
    __table_args__ = (
        Index(None, "rm_id"),
        Index(None, "branch_id", "class"),
        Index(None, "branch_id", "rm_id", "customer_id"),
        Index(None, "household_id"),
        Index(None, "payroll_group_id"),
        Index(None, "name_index"),
        Index(None, "phone_index"),
    )

    customer_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    event_id: Mapped[Key]
    time: Mapped[Millis]
    received_at: Mapped[Millis]
    name_sealed: Mapped[Sealed | None]
    phone_sealed: Mapped[Sealed | None]
    name_index: Mapped[str | None]  # keyed digests, so that a whole name or number can be looked up: `Vault.index`
    phone_index: Mapped[str | None]
    tier: Mapped[Word | None]
    class_: Mapped[str | None] = mapped_column("class", Plain())
    segment: Mapped[Word | None]
    industry: Mapped[str | None]
    rm_id: Mapped[Key | None]
    branch_id: Mapped[Key | None]
    household_id: Mapped[Key | None]
    payroll_group_id: Mapped[Key | None]
    credit_limit: Mapped[int | None]  # minor units
    debt_ratio: Mapped[float | None]
    risk_grade: Mapped[Word | None]
    in_business_since: Mapped[dt.date | None]
    litigation: Mapped[bool] = mapped_column(default=False)
    bad_faith: Mapped[bool] = mapped_column(default=False)
    no_retention_contact: Mapped[bool] = mapped_column(default=False)
    language: Mapped[Word | None]
    since: Mapped[dt.date | None]


class ProfileProduct(Base):
    """A product that the profile lists."""

    __tablename__ = "profile_products"
    __table_args__ = (Index(None, "kind"),)

    customer_id: Mapped[Key] = mapped_column(
        Plain(), ForeignKey("profiles.customer_id", ondelete="CASCADE"), primary_key=True
    )
    product_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    kind: Mapped[Word | None]
    amount: Mapped[int | None]  # minor units
    matures_on: Mapped[dt.date | None]


class ProfileCircle(Base):
    """A calling circle that the profile lists."""

    __tablename__ = "profile_circles"
    __table_args__ = (Index(None, "circle_id"),)

    customer_id: Mapped[Key] = mapped_column(
        Plain(), ForeignKey("profiles.customer_id", ondelete="CASCADE"), primary_key=True
    )
    circle_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)


class CustomerEvent(Base):
    """An event for the customer's timeline, such as a complaint. The body is sealed: it may hold names and numbers."""

    __tablename__ = "customer_events"
    __table_args__ = (Index(None, "customer_id", "time"), Index(None, "time"))

    topic: Mapped[Word] = mapped_column(Plain(), primary_key=True)
    event_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    customer_id: Mapped[Key]
    time: Mapped[Millis]
    type: Mapped[Word]  # the topic's own word: opened, call_forwarding, product_matured
    subject_id: Mapped[Key | None]  # complaint, product or account that it is about
    body_sealed: Mapped[Sealed]


class Assignment(Base):
    """Who looks after a customer by the desk's own decision: a leaver's customers divided, a list assigned.

    Goes before the profile's RM until the profile names the same one, or another than when it was made.
    """

    __tablename__ = "assignments"
    __table_args__ = (Index(None, "staff_id"),)

    customer_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    staff_id: Mapped[Key]
    instead_of: Mapped[Key | None]  # the profile's RM when it was made
    why: Mapped[Word]  # leave, left, moved, branch, handover, list
    by: Mapped[Key]
    at: Mapped[Millis]
    until: Mapped[Millis | None]
    list_id: Mapped[Key | None]
