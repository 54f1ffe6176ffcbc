"""What a worklist reads: indexes that hold all that ranking asks for, and some for who sees the whole house."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009_what_a_worklist_reads"
down_revision = "0008_webhooks_that_fail"
branch_labels = None
depends_on = None

_RANKED = (
    "priority", "points", "customer_id", "episode_id", "due_at", "updated_at", "snoozed_until", "acknowledged_at",
    "held_by", "kind", "severity", "class", "ended_at",
)  # fmt: skip
_JUDGED = "outcome_at IS NOT NULL"
_GRAVEST = sa.text("points DESC")
_OPEN, _HELD, _ENDED = "ended_at IS NULL", "ended_at IS NULL AND held_by IS NOT NULL", "ended_at IS NOT NULL"
_BEFORE = {
    "ix_episodes_worklist": (("owner", "priority", "points"), _OPEN),
    "ix_episodes_branch": (
        (
            "branch_id", "customer_id", "priority", "points", "due_at", "updated_at", "snoozed_until",
            "acknowledged_at", "owner", "ended_at",
        ),
        _OPEN,
    ),
    "ix_episodes_ended_at": (("ended_at",), None),
    "ix_episodes_ended_owner": (("owner", "ended_at"), _ENDED),
    "ix_episodes_outcome_at_branch_id": (("outcome_at", "branch_id"), None),
}  # fmt: skip
_AFTER = {
    "ix_episodes_worklist": (("owner", *_RANKED, "branch_id"), _OPEN),
    "ix_episodes_branch": (("branch_id", *_RANKED, "owner", "value", "health"), _OPEN),
    "ix_episodes_house": (("priority", _GRAVEST, *_RANKED[2:], "owner"), _OPEN),
    "ix_episodes_held": (("priority", "points"), _HELD),
    "ix_episodes_value": (("value",), _OPEN),
    "ix_episodes_newest": (("opened_at",), _OPEN),
    "ix_episodes_ended_branch": (("branch_id", "ended_at"), _ENDED),
    "ix_episodes_ended_at": (("ended_at",), _ENDED),
    "ix_episodes_ended_owner": (("owner", "ended_at", "branch_id"), _ENDED),
    "ix_episodes_branch_id_opened_at": (("branch_id", "opened_at"), None),
    "ix_episodes_outcome_at_branch_id": (("outcome_at", "branch_id"), _JUDGED),
    "ix_episodes_branch_id_outcome_at": (("branch_id", "outcome_at"), _JUDGED),
}
_OF_PROFILES = "ix_profiles_branch_id_rm_id_customer_id"


def _create(name: str, columns: tuple[Any, ...], where: str | None, **more: Any) -> None:
    condition = sa.text(where) if where else None
    op.create_index(name, "episodes", list(columns), postgresql_where=condition, sqlite_where=condition, **more)


def upgrade() -> None:
    """Make the indexes anew."""
    for name in (*_BEFORE, "ix_episodes_customer_id_opened_at"):
        op.drop_index(name, "episodes")
    for name, (columns, where) in _AFTER.items():
        _create(name, columns, where)
    by_bytes = {"customer_id": "text_pattern_ops"}
    _create("ix_episodes_customer_id_opened_at", ("customer_id", "opened_at"), None, postgresql_ops=by_bytes)
    op.create_index(_OF_PROFILES, "profiles", ["branch_id", "rm_id", "customer_id"])


def downgrade() -> None:
    """Make the ones before."""
    op.drop_index(_OF_PROFILES, "profiles")
    for name in (*_AFTER, "ix_episodes_customer_id_opened_at"):
        op.drop_index(name, "episodes")
    for name, (columns, where) in _BEFORE.items():
        _create(name, columns, where)
    _create("ix_episodes_customer_id_opened_at", ("customer_id", "opened_at"), None)
