"""Between the store and Kafka: where reading stands, what is to be published, and who does it."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from stream.desk.store.base import COUNTED, Base, Key, Millis, Plain, Serial, Word

_WAITING = text("published_at IS NULL")


class Position(Base):
    """The next offset to read of a partition, written in the transaction that wrote the rows of those before it."""

    __tablename__ = "positions"

    consumer: Mapped[Word] = mapped_column(Plain(), primary_key=True)
    topic: Mapped[Key] = mapped_column(Plain(), primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    next_offset: Mapped[int]
    updated_at: Mapped[Millis]


class Outbox(Base):
    """A message that is to be published, in the order of the ids: at least once, the same on a repeat."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("message_id"),
        Index("ix_outbox_waiting", "id", postgresql_where=_WAITING, sqlite_where=_WAITING),
        Index(None, "published_at"),
        Index(None, "customer_id"),
        COUNTED,
    )

    id: Mapped[Serial]
    message_id: Mapped[Key]  # TOPIC/ACTION_ID or TOPIC/ALERT_ID: appended twice it is one message
    topic: Mapped[Word]  # without the configured prefix
    key: Mapped[bytes]
    value: Mapped[bytes]
    headers: Mapped[list[list[str]]]  # [name, value] in their order
    customer_id: Mapped[Key | None]
    created_at: Mapped[Millis]
    attempts: Mapped[int] = mapped_column(default=0)
    fault: Mapped[str | None]  # of the last attempt, no content
    published_at: Mapped[Millis | None]
    published_partition: Mapped[int | None]
    published_offset: Mapped[int | None]


class Lease(Base):
    """Who does what only one process may do at a time (publish, escalate), and until when unless renewed."""

    __tablename__ = "leases"

    name: Mapped[Word] = mapped_column(Plain(), primary_key=True)
    holder: Mapped[Key]
    until: Mapped[Millis]
