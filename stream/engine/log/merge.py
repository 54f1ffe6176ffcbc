"""Merges a shard's topics by event time, waiting a bounded while for one that lags (Kafka Streams' KIP-695)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heapreplace
from itertools import repeat
from typing import Any

from msgspec import Struct

from stream.codec import Rejected
from stream.engine.log.port import Record

UNREAD = float("-inf")
"""What `ShardLog.settled` says of a topic that holds more than was delivered."""

INSTANTLY = -1
"""The merge time of a record that could not be read: it holds up nobody."""


AHEAD = 2000
"""Records of a topic at which it counts as full: what a large batch lacks is fetched while it grows."""


class Item(Struct, frozen=True, gc=False):
    """A record that leaves the merge or is next of its topic, with what it was read into."""

    time: int  # event time, ms
    topic: str
    record: Record
    event: Any | Rejected
    arrived: float  # wall clock, ms: when it was put into the merge


Read = Callable[[str, Record, float], Item]
"""Reads a record: its topic, the record, when it was put into the merge."""


class _Queue:
    """The records of a topic, in their order. Only the next one is read: its time says when it may go.

    An event read long before its turn would be out of the processor's caches by then, and take memory meanwhile.
    """

    def __init__(self, topic: str, read: Read) -> None:
        self._topic = topic
        self._read = read
        self._waiting: deque[tuple[Record, float]] = deque()  # and when each arrived
        self.head: Item | None = None

    def __len__(self) -> int:
        return len(self._waiting) + (self.head is not None)

    def extend(self, records: Sequence[Record], arrived: float) -> None:
        self._waiting.extend(zip(records, repeat(arrived)))
        if self.head is None:
            self._advance()

    def pop(self) -> Item:
        item = self.head
        assert item is not None, "look whether there is one"
        self._advance()
        return item

    def _advance(self) -> None:
        self.head = self._read(self._topic, *self._waiting.popleft()) if self._waiting else None


class Merge:
    """Ordered by (event time, topic order, offset). A record leaves when every other topic has one, or is known to be
    empty up to `wait_ms` after the record reached the broker; or when it has been here for `wait_max_ms` and no topic
    is known to hold unread ones: those are waited for, as Kafka Streams does, or an outage would break the order."""

    def __init__(self, topics: Sequence[str], read: Read, *, wait_ms: float, wait_max_ms: float, capacity: int) -> None:
        """`topics` in tie order; `capacity`: records of one topic held before it counts as full."""
        self._topics = tuple(topics)
        self._index = {topic: index for index, topic in enumerate(topics)}
        self._queues = tuple(_Queue(topic, read) for topic in topics)
        self._wait = wait_ms
        self._wait_max = wait_max_ms
        self._capacity = capacity

    def __len__(self) -> int:
        return sum(map(len, self._queues))

    def extend(self, topic: str, records: Sequence[Record], now: float) -> None:
        """Add records behind those of their topic; `now`: the wall clock in ms."""
        self._queues[self._index[topic]].extend(records, now)

    def full(self) -> frozenset[str]:
        """Return the topics that should not be fetched for now."""
        return frozenset(t for t, queue in zip(self._topics, self._queues, strict=True) if len(queue) >= self._capacity)

    def next_time(self) -> float:
        """Return the event time, ms, of the record that is next in order; infinity when there is none."""
        return min((queue.head.time for queue in self._queues if queue.head is not None), default=float("inf"))

    def take(self, limit: int, settled: Callable[[str], float], now: float, until: float = float("inf")) -> list[Item]:
        """Return up to `limit` records that may go. `settled` is `ShardLog.settled`; `now` the wall clock in ms.

        Records of after the event time `until` (ms) stay where they are; the order is as without it.
        """
        queues = self._queues
        heads = [(queue.head.time, index) for index, queue in enumerate(queues) if queue.head is not None]
        heapify(heads)
        horizon = min(
            (settled(t) for t, q in zip(self._topics, queues, strict=True) if q.head is None), default=float("inf")
        )
        taken: list[Item] = []
        while heads and len(taken) < limit:
            time, index = heads[0]
            if time > until:
                break
            queue = queues[index]
            item = queue.head
            assert item is not None, "only queues that have one are in the heap"
            if item.record.timestamp + self._wait > horizon and time != INSTANTLY:
                late = horizon > UNREAD and now - item.arrived >= self._wait_max
                if not late:
                    break
            taken.append(queue.pop())
            if queue.head is None:
                heappop(heads)
                horizon = min(horizon, settled(self._topics[index]))
            elif len(heads) == 1:
                heads[0] = (queue.head.time, index)
            else:
                heapreplace(heads, (queue.head.time, index))
        return taken
