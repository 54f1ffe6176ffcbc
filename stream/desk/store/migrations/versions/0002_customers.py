"""Customers: profiles, timeline, assignments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "assignments",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("staff_id", sa.String(), nullable=False),
        sa.Column("instead_of", sa.String(), nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("list_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_assignments")),
    )
    op.create_index(op.f("ix_assignments_staff_id"), "assignments", ["staff_id"], unique=False)
    op.create_table(
        "customer_events",
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=True),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "event_id", name=op.f("pk_customer_events")),
    )
    op.create_index(
        op.f("ix_customer_events_customer_id_time"), "customer_events", ["customer_id", "time"], unique=False
    )
    op.create_index(op.f("ix_customer_events_time"), "customer_events", ["time"], unique=False)
    op.create_table(
        "profiles",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("name_index", sa.String(), nullable=True),
        sa.Column("phone_index", sa.String(), nullable=True),
        sa.Column("tier", sa.String(), nullable=True),
        sa.Column("class", sa.String(), nullable=True),
        sa.Column("segment", sa.String(), nullable=True),
        sa.Column("industry", sa.String(), nullable=True),
        sa.Column("rm_id", sa.String(), nullable=True),
        sa.Column("branch_id", sa.String(), nullable=True),
        sa.Column("household_id", sa.String(), nullable=True),
        sa.Column("payroll_group_id", sa.String(), nullable=True),
        sa.Column("credit_limit", sa.BigInteger(), nullable=True),
        sa.Column("debt_ratio", sa.Double(), nullable=True),
        sa.Column("risk_grade", sa.String(), nullable=True),
        sa.Column("in_business_since", sa.Date(), nullable=True),
        sa.Column("litigation", sa.Boolean(), nullable=False),
        sa.Column("bad_faith", sa.Boolean(), nullable=False),
        sa.Column("no_retention_contact", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("since", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_profiles")),
    )
    op.create_index(op.f("ix_profiles_branch_id_class"), "profiles", ["branch_id", "class"], unique=False)
    op.create_index(op.f("ix_profiles_household_id"), "profiles", ["household_id"], unique=False)
    op.create_index(op.f("ix_profiles_name_index"), "profiles", ["name_index"], unique=False)
    op.create_index(op.f("ix_profiles_payroll_group_id"), "profiles", ["payroll_group_id"], unique=False)
    op.create_index(op.f("ix_profiles_phone_index"), "profiles", ["phone_index"], unique=False)
    op.create_index(op.f("ix_profiles_rm_id"), "profiles", ["rm_id"], unique=False)
    op.create_table(
        "profile_circles",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("circle_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["profiles.customer_id"],
            name=op.f("fk_profile_circles_customer_id_profiles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", "circle_id", name=op.f("pk_profile_circles")),
    )
    op.create_index(op.f("ix_profile_circles_circle_id"), "profile_circles", ["circle_id"], unique=False)
    op.create_table(
        "profile_products",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("product_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("matures_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["profiles.customer_id"],
            name=op.f("fk_profile_products_customer_id_profiles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", "product_id", name=op.f("pk_profile_products")),
    )
    op.create_index(op.f("ix_profile_products_kind"), "profile_products", ["kind"], unique=False)


def downgrade() -> None:
    """Take them away."""
    op.drop_index(op.f("ix_profile_products_kind"), table_name="profile_products")
    op.drop_table("profile_products")
    op.drop_index(op.f("ix_profile_circles_circle_id"), table_name="profile_circles")
    op.drop_table("profile_circles")
    op.drop_index(op.f("ix_profiles_rm_id"), table_name="profiles")
    op.drop_index(op.f("ix_profiles_phone_index"), table_name="profiles")
    op.drop_index(op.f("ix_profiles_payroll_group_id"), table_name="profiles")
    op.drop_index(op.f("ix_profiles_name_index"), table_name="profiles")
    op.drop_index(op.f("ix_profiles_household_id"), table_name="profiles")
    op.drop_index(op.f("ix_profiles_branch_id_class"), table_name="profiles")
    op.drop_table("profiles")
    op.drop_index(op.f("ix_customer_events_time"), table_name="customer_events")
    op.drop_index(op.f("ix_customer_events_customer_id_time"), table_name="customer_events")
    op.drop_table("customer_events")
    op.drop_index(op.f("ix_assignments_staff_id"), table_name="assignments")
    op.drop_table("assignments")
