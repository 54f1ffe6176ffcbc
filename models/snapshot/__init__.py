"""A published model: JSON that a person can read, data and never code, enough to score without its learner."""

from __future__ import annotations

from models.snapshot.schema import (
    SCHEMA,
    STACK,
    Arm,
    Expert,
    Forest,
    Grades,
    Linear,
    Quality,
    Snapshot,
    Span,
    Stack,
    Term,
    Tree,
)
from models.snapshot.wire import MAX_BYTES, Reason, SnapshotRefused, decode, encode

__all__ = [
    "MAX_BYTES",
    "SCHEMA",
    "STACK",
    "Arm",
    "Expert",
    "Forest",
    "Grades",
    "Linear",
    "Quality",
    "Reason",
    "Snapshot",
    "SnapshotRefused",
    "Span",
    "Stack",
    "Term",
    "Tree",
    "decode",
    "encode",
]
