"""Snapshots made by hand: few weights, so that a score can be worked out by a person."""

from __future__ import annotations

from typing import Any

from models.features.sets import NAMES, VERSION
from models.snapshot import SCHEMA, STACK, Expert, Forest, Grades, Linear, Snapshot, Span, Stack, Term, Tree


def snapshot(weight: float = 1.0, *, intercept: float = -3.0, sequence: int = 1, **more: Any) -> Snapshot:
    """Return a snapshot of two experts and a stack: one by the logarithm of the recency, one by having complained.

    `weight`: of the recency. Version is `v` and the sequence.
    """
    complained = NAMES.index("complaints_90")
    tree = Tree([complained, -1, -1], [0.5, 0.0, 0.0], [1, 0, 0], [2, 0, 0], [True, False, False], [0.3, 0.1, 0.9])
    fields: dict[str, Any] = {
        "schema": SCHEMA,
        "version": f"v{sequence}",
        "sequence": sequence,
        "made_at": 0,
        "feature_set": VERSION,
        "features": list(NAMES),
        "champion": "linear",
        "experts": {
            "linear": Expert(Linear(intercept, {"recency": Term(weight=weight)})),
            "tree": Expert(Forest("probability", 0.3, [tree])),
        },
        "stack": Stack(0.0, {"linear": 0.5, "tree": 0.5}),
        "grades": Grades(near_churn=0.4, churned=0.8),
        "span": Span(1000, 100, 0, 1),
        "quality": {},
    }
    return Snapshot(**(fields | more))


__all__ = ["STACK", "snapshot"]
