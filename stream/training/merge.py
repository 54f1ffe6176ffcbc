"""Examples of all partitions in one order: by when the label was known, then by id.

Within a partition the order is the log's. While a partition's next record has not arrived, though the log has one, the
others wait: what is learned from one log is then always learned in the same order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from msgspec import Struct

from models.example import Example
from stream.codec import Rejected
from stream.engine.log.port import Record
from stream.training.records import read


class Item(Struct, frozen=True):
    """One record with the example in it, or why there is none."""

    partition: int
    record: Record
    example: Example | Rejected


class Merge:
    """What has arrived and was not taken yet."""

    def __init__(self, partitions: Iterable[int]) -> None:
        """Nothing has arrived."""
        self._waiting: dict[int, deque[Item]] = {partition: deque() for partition in partitions}

    def add(self, partition: int, records: Iterable[Record]) -> None:
        """Add records of one partition, in order of offset."""
        for record in records:
            try:
                found: Example | Rejected = read(record.value)
            except Rejected as why:
                found = why
            self._waiting[partition].append(Item(partition, record, found))

    def held(self, partition: int) -> int:
        """Return how many records of a partition wait."""
        return len(self._waiting[partition])

    def take(self, exhausted: set[int]) -> Iterator[Item]:
        """Yield what may be taken; `exhausted`: partitions of which the log has no more than was added."""
        while all(waiting or partition in exhausted for partition, waiting in self._waiting.items()):
            heads = [waiting for waiting in self._waiting.values() if waiting]
            if not heads:
                return
            yield min(heads, key=lambda waiting: _place(waiting[0])).popleft()


def _place(item: Item) -> tuple[int, str, int]:
    if isinstance(item.example, Rejected):
        return -1, "", item.partition  # nothing to order by: out of the way
    return item.example.known_at, item.example.event_id, item.partition
