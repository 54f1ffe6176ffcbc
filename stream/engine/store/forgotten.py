"""Who was forgotten lately, so that what was written about them before does not make them known again.

Topics lag behind each other, positions are set back, dead letters are sent again: long after a tombstone there may come
an event from before it. A mark holds a digest of the customer's id and when the tombstone arrived, nothing else; it
goes after `privacy.remember_forgotten_days`. It stands in the shard's changelog, as `f/` + digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from stream.engine.log.marks import digest, first_arrival
from stream.engine.log.port import Record
from stream.engine.store.rocks import FORGOTTEN


class Forgotten:
    """The marks of one shard. While there are none, asking costs a look at `newest`."""

    def __init__(self, stored: Iterable[tuple[bytes, bytes]] = ()) -> None:
        """`stored`: marks as the store has them, without the prefix."""
        self._at = {mark: int.from_bytes(at, "big") for mark, at in stored}
        self._unsaved: dict[bytes, int] = {}
        self.newest = max(self._at.values(), default=0)

    def __len__(self) -> int:
        return len(self._at)

    def mark(self, customer: bytes, at: int) -> None:
        """Note that a tombstone of the customer arrived at `at`, epoch ms."""
        key = digest(customer)
        if at > self._at.get(key, -1):
            self._at[key] = self._unsaved[key] = at
            self.newest = max(self.newest, at)

    def learn(self, tombstones: Mapping[bytes, int]) -> None:
        """Note tombstones that are in the log already: customer -> when it arrived."""
        for customer, at in tombstones.items():
            self.mark(customer, at)

    def covers(self, topic: str, customer: bytes, record: Record) -> bool:
        """Tell whether a record about a customer is from before they were forgotten.

        Within `customers` the log's own order decides what came in the same millisecond.
        """
        arrived = first_arrival(record)
        if arrived > self.newest:
            return False
        at = self._at.get(digest(customer), -1)
        return arrived < at if topic == "customers" else arrived <= at

    def changes(self, keep_ms: int) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield what is to be written to the changelog: new marks, and `None` for those that are old enough to go.

        Old is reckoned from the newest tombstone, not from the wall clock: history may be replayed.
        """
        if not self._unsaved:
            return
        for key, at in self._unsaved.items():
            yield FORGOTTEN + key, at.to_bytes(8, "big")
        self._unsaved = {}
        for key in [key for key, at in self._at.items() if at < self.newest - keep_ms]:
            del self._at[key]
            yield FORGOTTEN + key, None
