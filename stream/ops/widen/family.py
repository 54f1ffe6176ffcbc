"""Which partition of the wider layout a record goes to. Pure.

The wider layout has a whole multiple of the partitions, so that a shard's customers spread over shards of their own:
partition p of `before` becomes p, p + before, p + 2 x before ... of `after`. What belongs to the shard itself, its
clock above all, is then the same for each of its children, and no customer meets another clock than their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import json

from stream.domain.world import World
from stream.engine.log.partition import partition_for
from stream.engine.store import meta
from stream.engine.store.rocks import FORGOTTEN, GROUP, PENDING, STATE
from stream.ops.widen.layout import WidenRefused
from stream.topics import CHANGELOG, FEEDS, HOPS

STATES = CHANGELOG
KEYED: tuple[str, ...] = FEEDS + HOPS
"""Inputs: each record goes by its key, and the group stands between those it has taken and those it has not."""

OUTGOING: tuple[str, ...] = ("alerts", "examples")
"""Written to the partition of the shard that made them, whatever the key: it may be a pseudonym."""

WHOLE: tuple[str, ...] = ("staff", "settings", "models")
"""Of one partition in either layout."""

LEFT: tuple[str, ...] = ("control", "workers", "dead-letters")
"""Not copied: commands that were carried out, addresses of workers that have ended, and letters, whose receipts name
places of the old topics."""

CLOCK = meta.KEY
"""The row of a shard's clock and places: not copied, made anew at the end."""

_OF_ONE = (STATE, PENDING, GROUP)


class UnknownKey(WidenRefused):
    """A key of the changelog that nobody has said how to place."""


@dataclass(frozen=True, slots=True)
class Family:
    """The children of one partition. `before`, `after`: partitions of the two layouts, `after` a multiple."""

    parent: int
    before: int
    after: int

    @property
    def children(self) -> Sequence[int]:
        """The partitions of the wider layout that the parent's records go to, ascending."""
        return range(self.parent, self.after, self.before)

    def child(self, key: bytes | None) -> int:
        """Return where a key's records go: for a key of the parent's own, where every producer puts it from now on.

        A record without a key, and one that does not belong to the parent by its key, stays among the children: it
        keeps its place among the others.
        """
        if key is None:
            return self.parent
        return self.parent + self.before * (partition_for(key, self.after) // self.before)

    def owns(self, key: bytes) -> bool:
        """Tell whether the key is the parent's by the partitioner."""
        return partition_for(key, self.before) == self.parent

    def states(self, key: bytes, value: bytes | None) -> list[tuple[int, bytes | None]]:
        """Return where a record of the changelog goes, and with which value; nowhere: `CLOCK`.

        Raises:
            UnknownKey: no such kind of row is known.
        """
        if key.startswith(_OF_ONE):
            return [(self.child(owner(key)), value)]
        if key.startswith(FORGOTTEN):  # a digest does not say whose it is; elsewhere it covers nobody
            return [(child, value) for child in self.children]
        if key == meta.WORLD:
            share = None if value is None else divided(value, len(self.children))
            return [(child, share) for child in self.children]
        if key == CLOCK:
            return []
        raise UnknownKey(f"{key[:2]!r} is no kind of row that this build knows in {STATES}")


def owner(key: bytes) -> bytes | None:
    """Return the customer or group to whom a row of the changelog belongs; `None`: it is the shard's."""
    return key[2:] if key.startswith(_OF_ONE) else None


def divided(world: bytes, parts: int) -> bytes:
    """Return a part's share of what a shard has learnt: of its customers the same, of its warnings that fraction."""
    learnt = World.load(json.decode(world))
    learnt.storms = learnt.storms.divided(parts)
    return json.encode(learnt.dump(), order="deterministic")
