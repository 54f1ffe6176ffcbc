"""Snapshots to bytes and back. What a shard could not evaluate, or should not trust, is refused with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from models.snapshot.sanity import Insane, check
from models.snapshot.schema import SCHEMA, Snapshot

MAX_BYTES = 900_000
"""Under Kafka's usual megabyte for a message, headers and key included."""

Reason = Literal["damaged", "too-large", "schema", "feature-set", "unknown-form"]


class SnapshotRefused(Exception):
    """A snapshot that is not taken: `reason` for the metric, `detail` for a person."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail


class _Head(msgspec.Struct):
    """What must be known before the rest can be read."""

    schema: int
    feature_set: int


def encode(snapshot: Snapshot) -> bytes:
    """Return the JSON of a snapshot; the same snapshot gives the same bytes.

    Raise `SnapshotRefused` for one that no shard would take: too large, not consistent, a number that is not finite.
    """
    _sane(snapshot)
    data = msgspec.json.encode(snapshot)
    _fits(data)
    return data


def decode(data: bytes, *, feature_set: int | None = None, features: Sequence[str] | None = None) -> Snapshot:
    """Return the snapshot, or raise `SnapshotRefused`.

    `feature_set` and `features` are what the caller can feed; without them any set is taken (to list or to show).
    """
    _fits(data)
    try:
        head = msgspec.json.decode(data, type=_Head)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        raise SnapshotRefused("damaged", str(e)) from None
    if head.schema != SCHEMA:
        raise SnapshotRefused("schema", f"schema {head.schema}, this release reads {SCHEMA}")
    if feature_set is not None and head.feature_set != feature_set:
        raise SnapshotRefused("feature-set", f"needs feature set {head.feature_set}, this release feeds {feature_set}")
    try:
        snapshot = msgspec.json.decode(data, type=Snapshot)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        raise SnapshotRefused("unknown-form" if _of_form(str(e)) else "damaged", str(e)) from None
    if features is not None and snapshot.features != list(features):
        raise SnapshotRefused("feature-set", f"feature set {head.feature_set} has other features here")
    _sane(snapshot)
    return snapshot


def _fits(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise SnapshotRefused("too-large", f"{len(data):,} bytes, at most {MAX_BYTES:,}")


def _sane(snapshot: Snapshot) -> None:
    try:
        check(snapshot)
    except Insane as e:
        raise SnapshotRefused("damaged", str(e)) from None


def _of_form(said: str) -> bool:
    """Tell whether what msgspec says is about the tag of a form, or how trees combine."""
    return said.startswith(("Invalid value", "Invalid enum value")) and (
        ".model.form" in said or ".model.combine" in said
    )
