"""Webhooks that fail: since when, and whom to tell."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008_webhooks_that_fail"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    with op.batch_alter_table("webhook_endpoints") as table:
        table.add_column(sa.Column("failing_since", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("contact_sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Take them away."""
    with op.batch_alter_table("webhook_endpoints") as table:
        table.drop_column("contact_sealed")
        table.drop_column("failing_since")
