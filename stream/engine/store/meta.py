"""What belongs to a shard itself, logged with each batch under `m/shard`: its clock and where it stands."""

from __future__ import annotations

from msgspec import Struct, json

from stream.engine.store.rocks import META

KEY = META + b"shard"
WORLD = META + b"world"
"""What the shard has learnt beside its customers, see `World.dump`: JSON."""

REWOUND = META + b"rewound"
"""Written by `group rewind` into a changelog that it has emptied: the first offset that is left. What began before it
is over, and there is nothing to be missed."""


class ShardMeta(Struct, frozen=True):
    """`stream_time`: newest event time, ms. `positions`: next offset by input topic: written in the same transaction
    as the states they led to, so they are exact where the group's committed offsets may lag for a moment.
    `opens_from`: see `Moment`. `group`: whose changelog it is: another group's states and positions are not ours.
    `newest`: the newest event's time and its record's, ms: from there an idle shard's clock goes on. `begins`: the
    changelog's first offset when the shard first started; `None`: an older build's."""

    stream_time: int = 0
    opens_from: int = 0
    positions: dict[str, int] = {}
    group: str = ""
    newest: tuple[int, int] | None = None
    begins: int | None = None

    def encode(self) -> bytes:
        """Return the stored form, JSON that a person can read."""
        return json.encode(self)


def decode(stored: bytes | None) -> ShardMeta:
    """Read a stored meta; none is a shard that has just begun."""
    return ShardMeta() if stored is None else json.decode(stored, type=ShardMeta)
