"""Pushes, and what is held back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "holdbacks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("receiver", sa.String(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("episode_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("priority", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("held_at", sa.BigInteger(), nullable=False),
        sa.Column("release_at", sa.BigInteger(), nullable=True),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.Column("released_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holdbacks")),
        sa.UniqueConstraint("receiver", "alert_id", name=op.f("uq_holdbacks_receiver_alert_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_holdbacks_customer_id"), "holdbacks", ["customer_id"], unique=False)
    op.create_index(op.f("ix_holdbacks_episode_id"), "holdbacks", ["episode_id"], unique=False)
    op.create_index(
        "ix_holdbacks_release",
        "holdbacks",
        ["release_at"],
        unique=False,
        postgresql_where=sa.text("released_at IS NULL"),
        sqlite_where=sa.text("released_at IS NULL"),
    )
    op.create_index(op.f("ix_holdbacks_released_at"), "holdbacks", ["released_at"], unique=False)
    op.create_index(
        "ix_holdbacks_waiting",
        "holdbacks",
        ["receiver", "priority", "points"],
        unique=False,
        postgresql_where=sa.text("released_at IS NULL"),
        sqlite_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "push_counters",
        sa.Column("receiver", sa.String(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("receiver", name=op.f("pk_push_counters")),
    )
    op.create_table(
        "push_days",
        sa.Column("receiver", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("pushed", sa.BigInteger(), nullable=False),
        sa.Column("passed", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("receiver", "day", name=op.f("pk_push_days")),
    )
    op.create_table(
        "pushes",
        sa.Column("receiver", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("episode_id", sa.String(), nullable=True),
        sa.Column("alert_id", sa.String(), nullable=True),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("receiver", "number", name=op.f("pk_pushes")),
    )
    op.create_index(op.f("ix_pushes_created_at"), "pushes", ["created_at"], unique=False)
    op.create_index(op.f("ix_pushes_customer_id"), "pushes", ["customer_id"], unique=False)
    op.create_table(
        "storms",
        sa.Column("storm_id", sa.String(), nullable=False),
        sa.Column("receiver", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("episodes", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("told", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("storm_id", "receiver", name=op.f("pk_storms")),
    )
    op.create_index(op.f("ix_storms_last_at"), "storms", ["last_at"], unique=False)


def downgrade() -> None:
    """Take them away."""
    op.drop_index(op.f("ix_storms_last_at"), table_name="storms")
    op.drop_table("storms")
    op.drop_index(op.f("ix_pushes_customer_id"), table_name="pushes")
    op.drop_index(op.f("ix_pushes_created_at"), table_name="pushes")
    op.drop_table("pushes")
    op.drop_table("push_days")
    op.drop_table("push_counters")
    op.drop_index(
        "ix_holdbacks_waiting",
        table_name="holdbacks",
        postgresql_where=sa.text("released_at IS NULL"),
        sqlite_where=sa.text("released_at IS NULL"),
    )
    op.drop_index(op.f("ix_holdbacks_released_at"), table_name="holdbacks")
    op.drop_index(
        "ix_holdbacks_release",
        table_name="holdbacks",
        postgresql_where=sa.text("released_at IS NULL"),
        sqlite_where=sa.text("released_at IS NULL"),
    )
    op.drop_index(op.f("ix_holdbacks_episode_id"), table_name="holdbacks")
    op.drop_index(op.f("ix_holdbacks_customer_id"), table_name="holdbacks")
    op.drop_table("holdbacks")
