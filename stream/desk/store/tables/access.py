"""Who came in, and what they looked at and did."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from stream.desk.store.base import COUNTED, Base, Key, Millis, Plain, Sealed, Serial, Word


class Session(Base):
    """A sign-in that is still good. The cookie is signed and short-lived; this is what a sign-out revokes."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "staff_id"), Index(None, "expires_at"))

    session_id: Mapped[Key] = mapped_column(Plain(), primary_key=True)  # a digest of what the cookie holds
    staff_id: Mapped[Key]
    role: Mapped[Word]
    created_at: Mapped[Millis]
    seen_at: Mapped[Millis]
    expires_at: Mapped[Millis]
    revoked_at: Mapped[Millis | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


class SignIn(Base):
    """A sign-in under way at the identity provider: used once."""

    __tablename__ = "sign_ins"
    __table_args__ = (Index(None, "expires_at"),)

    state: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    secrets_sealed: Mapped[Sealed]  # nonce, code verifier
    return_to: Mapped[str]
    created_at: Mapped[Millis]
    expires_at: Mapped[Millis]


class Audit(Base):
    """One look or act: who, what, when, of whom, and whether it was allowed. Nothing changes a row."""

    __tablename__ = "audit"
    __table_args__ = (
        Index(None, "customer_id", "at"),
        Index(None, "actor", "at"),
        Index(None, "at"),
        COUNTED,
    )

    id: Mapped[Serial]
    at: Mapped[Millis]
    actor: Mapped[Key]  # staff id, or what the desk does of itself: desk:escalation
    role: Mapped[Word]
    on_behalf_of: Mapped[Key | None]
    act: Mapped[Word]  # view, list, search, export, reveal, ack, snooze ..., sign_in, sign_out
    object_kind: Mapped[Word]  # customer, episode, group, list, report, webhook ...
    object_id: Mapped[Key | None]
    customer_id: Mapped[Key | None]
    episode_id: Mapped[Key | None]
    allowed: Mapped[bool]
    address: Mapped[str | None]
    request_id: Mapped[Key | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
