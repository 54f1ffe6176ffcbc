"""What people do, and what falls due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "actions",
        sa.Column("action_id", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("on_behalf_of", sa.String(), nullable=True),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("episode_id", sa.String(), nullable=True),
        sa.Column("branch_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("loss_reason", sa.String(), nullable=True),
        sa.Column("reason_source", sa.String(), nullable=True),
        sa.Column("receiver", sa.String(), nullable=True),
        sa.Column("details", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("action_id", name=op.f("pk_actions")),
    )
    op.create_index(op.f("ix_actions_actor_at"), "actions", ["actor", "at"], unique=False)
    op.create_index(op.f("ix_actions_at"), "actions", ["at"], unique=False)
    op.create_index(op.f("ix_actions_customer_id_at"), "actions", ["customer_id", "at"], unique=False)
    op.create_index(op.f("ix_actions_episode_id_at"), "actions", ["episode_id", "at"], unique=False)
    op.create_table(
        "approvals",
        sa.Column("approval_id", sa.String(), nullable=False),
        sa.Column("action_id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("episode_id", sa.String(), nullable=True),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("branch_id", sa.String(), nullable=True),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("proposal", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("approval_id", name=op.f("pk_approvals")),
    )
    op.create_index(op.f("ix_approvals_customer_id"), "approvals", ["customer_id"], unique=False)
    op.create_index(op.f("ix_approvals_episode_id"), "approvals", ["episode_id"], unique=False)
    op.create_index(
        "ix_approvals_pending",
        "approvals",
        ["branch_id", "requested_at"],
        unique=False,
        postgresql_where=sa.text("decided_at IS NULL"),
        sqlite_where=sa.text("decided_at IS NULL"),
    )
    op.create_index(op.f("ix_approvals_requested_at"), "approvals", ["requested_at"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("staff_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("episode_id", sa.String(), nullable=True),
        sa.Column("action_id", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_contacts")),
    )
    op.create_index(op.f("ix_contacts_at"), "contacts", ["at"], unique=False)
    op.create_index(op.f("ix_contacts_customer_id_at"), "contacts", ["customer_id", "at"], unique=False)
    op.create_index(op.f("ix_contacts_staff_id_at"), "contacts", ["staff_id", "at"], unique=False)
    op.create_table(
        "notes",
        sa.Column("note_id", sa.String(), nullable=False),
        sa.Column("action_id", sa.String(), nullable=True),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("episode_id", sa.String(), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("note_id", name=op.f("pk_notes")),
    )
    op.create_index(op.f("ix_notes_at"), "notes", ["at"], unique=False)
    op.create_index(op.f("ix_notes_customer_id_at"), "notes", ["customer_id", "at"], unique=False)
    op.create_table(
        "referrals",
        sa.Column("referral_id", sa.String(), nullable=False),
        sa.Column("action_id", sa.String(), nullable=False),
        sa.Column("episode_id", sa.String(), nullable=True),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_at", sa.BigInteger(), nullable=False),
        sa.Column("state_by", sa.String(), nullable=True),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("referral_id", name=op.f("pk_referrals")),
    )
    op.create_index(op.f("ix_referrals_at"), "referrals", ["at"], unique=False)
    op.create_index(op.f("ix_referrals_customer_id"), "referrals", ["customer_id"], unique=False)
    op.create_index(op.f("ix_referrals_department_state_at"), "referrals", ["department", "state", "at"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("episode_id", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("branch_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("reminded_at", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("details", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("origin", name=op.f("uq_tasks_origin")),
    )
    op.create_index(op.f("ix_tasks_customer_id_due_at"), "tasks", ["customer_id", "due_at"], unique=False)
    op.create_index(op.f("ix_tasks_done_at"), "tasks", ["done_at"], unique=False)
    op.create_index(
        "ix_tasks_due",
        "tasks",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
        sqlite_where=sa.text("done_at IS NULL"),
    )
    op.create_index(
        "ix_tasks_open",
        "tasks",
        ["owner", "due_at"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
        sqlite_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "timers",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("details", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_timers")),
    )
    op.create_index(op.f("ix_timers_due_at"), "timers", ["due_at"], unique=False)
    op.create_table(
        "escalations",
        sa.Column("episode_id", sa.String(), nullable=False),
        sa.Column("step", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("receiver", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("planned_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("alert_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["episode_id"], ["episodes.episode_id"], name=op.f("fk_escalations_episode_id_episodes"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("episode_id", "step", name=op.f("pk_escalations")),
    )
    op.create_index(
        "ix_escalations_planned",
        "escalations",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
        sqlite_where=sa.text("done_at IS NULL"),
    )
    op.create_index(op.f("ix_escalations_receiver_done_at"), "escalations", ["receiver", "done_at"], unique=False)


def downgrade() -> None:
    """Take them away."""
    op.drop_index(op.f("ix_escalations_receiver_done_at"), table_name="escalations")
    op.drop_index(
        "ix_escalations_planned",
        table_name="escalations",
        postgresql_where=sa.text("done_at IS NULL"),
        sqlite_where=sa.text("done_at IS NULL"),
    )
    op.drop_table("escalations")
    op.drop_index(op.f("ix_timers_due_at"), table_name="timers")
    op.drop_table("timers")
    op.drop_index(
        "ix_tasks_open",
        table_name="tasks",
        postgresql_where=sa.text("done_at IS NULL"),
        sqlite_where=sa.text("done_at IS NULL"),
    )
    op.drop_index(
        "ix_tasks_due",
        table_name="tasks",
        postgresql_where=sa.text("done_at IS NULL"),
        sqlite_where=sa.text("done_at IS NULL"),
    )
    op.drop_index(op.f("ix_tasks_done_at"), table_name="tasks")
    op.drop_index(op.f("ix_tasks_customer_id_due_at"), table_name="tasks")
    op.drop_table("tasks")
    op.drop_index(op.f("ix_referrals_department_state_at"), table_name="referrals")
    op.drop_index(op.f("ix_referrals_customer_id"), table_name="referrals")
    op.drop_index(op.f("ix_referrals_at"), table_name="referrals")
    op.drop_table("referrals")
    op.drop_index(op.f("ix_notes_customer_id_at"), table_name="notes")
    op.drop_index(op.f("ix_notes_at"), table_name="notes")
    op.drop_table("notes")
    op.drop_index(op.f("ix_contacts_staff_id_at"), table_name="contacts")
    op.drop_index(op.f("ix_contacts_customer_id_at"), table_name="contacts")
    op.drop_index(op.f("ix_contacts_at"), table_name="contacts")
    op.drop_table("contacts")
    op.drop_index(op.f("ix_approvals_requested_at"), table_name="approvals")
    op.drop_index(
        "ix_approvals_pending",
        table_name="approvals",
        postgresql_where=sa.text("decided_at IS NULL"),
        sqlite_where=sa.text("decided_at IS NULL"),
    )
    op.drop_index(op.f("ix_approvals_episode_id"), table_name="approvals")
    op.drop_index(op.f("ix_approvals_customer_id"), table_name="approvals")
    op.drop_table("approvals")
    op.drop_index(op.f("ix_actions_episode_id_at"), table_name="actions")
    op.drop_index(op.f("ix_actions_customer_id_at"), table_name="actions")
    op.drop_index(op.f("ix_actions_at"), table_name="actions")
    op.drop_index(op.f("ix_actions_actor_at"), table_name="actions")
    op.drop_table("actions")
