"""What leaves the house: webhooks with their secrets and deliveries, mail and bot messages."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from stream.desk.store.base import COUNTED, Base, Key, Millis, Plain, Sealed, Serial, Word

_PENDING = text("ended_at IS NULL")


class WebhookEndpoint(Base):
    """Where alerts are posted to, and which of them."""

    __tablename__ = "webhook_endpoints"

    endpoint_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    url_sealed: Mapped[Sealed]  # a URL may carry a token
    host: Mapped[str]  # for people to see
    description: Mapped[str] = mapped_column(default="")
    states: Mapped[list[str]] = mapped_column(default=list)  # empty list: all; so the three below
    kinds: Mapped[list[str]] = mapped_column(default=list)
    severities: Mapped[list[str]] = mapped_column(default=list)
    branch_ids: Mapped[list[str]] = mapped_column(default=list)
    allow_private: Mapped[bool] = mapped_column(default=False)
    enabled: Mapped[bool] = mapped_column(default=True)
    disabled_at: Mapped[Millis | None]
    disabled_why: Mapped[str | None]  # gone (410), failing, by whom
    failing_since: Mapped[Millis | None]  # every attempt from then on has failed
    contact_sealed: Mapped[Sealed | None]  # mail address of whom to tell
    created_by: Mapped[Key]
    created_at: Mapped[Millis]
    updated_at: Mapped[Millis]


class WebhookSecret(Base):
    """A signing secret. While they rotate several sign at once."""

    __tablename__ = "webhook_secrets"
    __table_args__ = (Index(None, "endpoint_id"),)

    secret_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    endpoint_id: Mapped[Key] = mapped_column(Plain(), ForeignKey("webhook_endpoints.endpoint_id", ondelete="CASCADE"))
    secret_sealed: Mapped[Sealed]
    created_at: Mapped[Millis]
    expires_at: Mapped[Millis | None]  # None: until another takes its place


class WebhookDelivery(Base):
    """One message to one endpoint: its id is `webhook-id`, the same on each attempt."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "subject"),
        Index("ix_webhook_deliveries_due", "endpoint_id", "next_at", postgresql_where=_PENDING, sqlite_where=_PENDING),
        Index(None, "endpoint_id", "created_at"),
        Index(None, "customer_id"),
        Index(None, "created_at"),
    )

    delivery_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    endpoint_id: Mapped[Key] = mapped_column(Plain(), ForeignKey("webhook_endpoints.endpoint_id", ondelete="CASCADE"))
    subject: Mapped[Key]  # the alert's id; of a replay with its number, so that each is sent once
    replay_of: Mapped[Key | None]
    customer_id: Mapped[Key | None]
    payload: Mapped[bytes]
    state: Mapped[Word] = mapped_column(Plain(), default="pending")  # pending, delivered, failed, cancelled
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Millis]
    next_at: Mapped[Millis | None]
    ended_at: Mapped[Millis | None]
    last_status: Mapped[int | None]
    last_fault: Mapped[str | None]


class WebhookAttempt(Base):
    """One attempt of a delivery: what was answered, and how long it took."""

    __tablename__ = "webhook_attempts"

    delivery_id: Mapped[Key] = mapped_column(
        Plain(), ForeignKey("webhook_deliveries.delivery_id", ondelete="CASCADE"), primary_key=True
    )
    attempt: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[Millis]
    status: Mapped[int | None]  # of the answer; None: there was none
    fault: Mapped[str | None]
    took_ms: Mapped[int]


class Notice(Base):
    """A mail or a bot's message: the words are made when it is sent, in the receiver's language."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("origin"),
        Index("ix_notices_due", "channel", "next_at", postgresql_where=_PENDING, sqlite_where=_PENDING),
        Index(None, "customer_id"),
        Index(None, "created_at"),
        COUNTED,
    )

    id: Mapped[Serial]
    origin: Mapped[Key]  # CHANNEL/RECEIVER/what it tells, once
    channel: Mapped[Word]  # mail, wecom, dingtalk
    receiver: Mapped[Key]
    template: Mapped[Word]
    data: Mapped[dict[str, Any]]
    customer_id: Mapped[Key | None]
    episode_id: Mapped[Key | None]
    state: Mapped[Word] = mapped_column(Plain(), default="pending")  # pending, sent, failed, cancelled
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Millis]
    next_at: Mapped[Millis | None]
    ended_at: Mapped[Millis | None]
    last_fault: Mapped[str | None]
