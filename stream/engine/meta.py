"""What belongs to a shard itself, logged with each batch under `m/shard`: its clock and where it stands."""

from __future__ import annotations

from msgspec import Struct, json

from stream.engine.store import META

KEY = META + b"shard"
WORLD = META + b"world"
"""What the shard has learnt beside its customers, see `World.dump`: JSON."""


class ShardMeta(Struct, frozen=True):
    """`stream_time`: newest event time, ms. `positions`: next offset by input topic: written in the same transaction
    as the states they led to, so they are exact where the group's committed offsets may lag for a moment.
    `opens_from`: see `Moment`. `group`: whose changelog it is: another group's states and positions are not ours.
    `newest`: the newest event's time and its record's, ms: from there an idle shard's clock goes on."""

    stream_time: int = 0
    opens_from: int = 0
    positions: dict[str, int] = {}
    group: str = ""
    newest: tuple[int, int] | None = None

    def encode(self) -> bytes:
        """Return the stored form, JSON that a person can read."""
        return json.encode(self)


def decode(stored: bytes | None) -> ShardMeta:
    """Read a stored meta; none is a shard that has just begun."""
    return ShardMeta() if stored is None else json.decode(stored, type=ShardMeta)
