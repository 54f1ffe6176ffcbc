"""How much memory the decoded states take that are kept between batches, shared by the shards of a worker."""

from __future__ import annotations

TIMES_STORED = 16
"""Memory of a state over its stored bytes: 12 as decoded (of 350 to 2,600 bytes), 16 after events have changed it."""

BESIDES = 400
"""Bytes that go with each: its key, its places in the tables."""


class StateMemory:
    """Room for decoded states, an equal part for each shard that is open: keys are spread evenly.

    What a shard keeps too much when others join goes as its next batch ends.
    """

    def __init__(self, size: int) -> None:
        """`size`: bytes in all; 0 = nothing is kept between batches."""
        self._size = size
        self._shards: set[int] = set()

    def join(self, shard: int) -> None:
        """Say that a shard is open."""
        self._shards.add(shard)

    def leave(self, shard: int) -> None:
        """Say that a shard is closed; it may never have been open."""
        self._shards.discard(shard)

    @property
    def each(self) -> int:
        """Bytes for each shard."""
        return self._size // max(1, len(self._shards))


def memory_of(stored: int) -> int:
    """Return about how many bytes of memory a state takes that is `stored` in so many."""
    return BESIDES + TIMES_STORED * stored
