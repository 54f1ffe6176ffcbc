"""Alerts and episodes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("episode_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("event_time", sa.BigInteger(), nullable=False),
        sa.Column("detected_at", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("topic_partition", sa.BigInteger(), nullable=True),
        sa.Column("topic_offset", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alerts")),
    )
    op.create_index(op.f("ix_alerts_customer_id_event_time"), "alerts", ["customer_id", "event_time"], unique=False)
    op.create_index(op.f("ix_alerts_episode_id_sequence"), "alerts", ["episode_id", "sequence"], unique=False)
    op.create_index(op.f("ix_alerts_received_at"), "alerts", ["received_at"], unique=False)
    op.create_table(
        "episodes",
        sa.Column("episode_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("rm_id", sa.String(), nullable=True),
        sa.Column("branch_id", sa.String(), nullable=True),
        sa.Column("routes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("priority", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("class", sa.String(), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("grade", sa.String(), nullable=True),
        sa.Column("health", sa.Double(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("storm_id", sa.String(), nullable=True),
        sa.Column("rule_version", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("opening", sa.LargeBinary(), nullable=False),
        sa.Column("owner_fixed", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.String(), nullable=True),
        sa.Column("snoozed_until", sa.BigInteger(), nullable=True),
        sa.Column("snooze_reason", sa.String(), nullable=True),
        sa.Column("snoozed_by", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("loss_reason", sa.String(), nullable=True),
        sa.Column("reason_source", sa.String(), nullable=True),
        sa.Column("outcome_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome_by", sa.String(), nullable=True),
        sa.Column("first_contact_at", sa.BigInteger(), nullable=True),
        sa.Column("escalation", sa.BigInteger(), nullable=False),
        sa.Column("next_escalation_at", sa.BigInteger(), nullable=True),
        sa.Column("held_by", sa.String(), nullable=True),
        sa.Column("held_until", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("episode_id", name=op.f("pk_episodes")),
    )
    op.create_index(
        "ix_episodes_branch",
        "episodes",
        [
            "branch_id",
            "customer_id",
            "priority",
            "points",
            "due_at",
            "updated_at",
            "snoozed_until",
            "acknowledged_at",
            "owner",
            "ended_at",
        ],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(op.f("ix_episodes_customer_id_opened_at"), "episodes", ["customer_id", "opened_at"], unique=False)
    op.create_index(
        "ix_episodes_due",
        "episodes",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(op.f("ix_episodes_ended_at"), "episodes", ["ended_at"], unique=False)
    op.create_index(
        "ix_episodes_ended_owner",
        "episodes",
        ["owner", "ended_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NOT NULL"),
        sqlite_where=sa.text("ended_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_episodes_opened_at_branch_id"), "episodes", ["opened_at", "branch_id"], unique=False)
    op.create_index(op.f("ix_episodes_outcome_at_branch_id"), "episodes", ["outcome_at", "branch_id"], unique=False)
    op.create_index(
        "ix_episodes_snoozed",
        "episodes",
        ["snoozed_until"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_episodes_storm",
        "episodes",
        ["storm_id", "owner"],
        unique=False,
        sqlite_where=sa.text("storm_id IS NOT NULL"),
        postgresql_where=sa.text("storm_id IS NOT NULL"),
    )
    op.create_index(
        "ix_episodes_worklist",
        "episodes",
        ["owner", "priority", "points"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "episode_receivers",
        sa.Column("episode_id", sa.String(), nullable=False),
        sa.Column("receiver", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episodes.episode_id"],
            name=op.f("fk_episode_receivers_episode_id_episodes"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("episode_id", "receiver", name=op.f("pk_episode_receivers")),
    )
    op.create_index(
        op.f("ix_episode_receivers_receiver_episode_id"), "episode_receivers", ["receiver", "episode_id"], unique=False
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_index(op.f("ix_episode_receivers_receiver_episode_id"), table_name="episode_receivers")
    op.drop_table("episode_receivers")
    op.drop_index(
        "ix_episodes_worklist",
        table_name="episodes",
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(
        "ix_episodes_storm",
        table_name="episodes",
        sqlite_where=sa.text("storm_id IS NOT NULL"),
        postgresql_where=sa.text("storm_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_episodes_snoozed",
        table_name="episodes",
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(op.f("ix_episodes_outcome_at_branch_id"), table_name="episodes")
    op.drop_index(op.f("ix_episodes_opened_at_branch_id"), table_name="episodes")
    op.drop_index(
        "ix_episodes_ended_owner",
        table_name="episodes",
        postgresql_where=sa.text("ended_at IS NOT NULL"),
        sqlite_where=sa.text("ended_at IS NOT NULL"),
    )
    op.drop_index(op.f("ix_episodes_ended_at"), table_name="episodes")
    op.drop_index(
        "ix_episodes_due",
        table_name="episodes",
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(op.f("ix_episodes_customer_id_opened_at"), table_name="episodes")
    op.drop_index(
        "ix_episodes_branch",
        table_name="episodes",
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.drop_table("episodes")
    op.drop_index(op.f("ix_alerts_received_at"), table_name="alerts")
    op.drop_index(op.f("ix_alerts_episode_id_sequence"), table_name="alerts")
    op.drop_index(op.f("ix_alerts_customer_id_event_time"), table_name="alerts")
    op.drop_table("alerts")
