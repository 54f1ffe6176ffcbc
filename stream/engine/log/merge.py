"""Merges a shard's topics by event time, waiting a bounded while for one that lags (Kafka Streams' KIP-695)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from heapq import heapify, heappop, heapreplace
from typing import Any

from msgspec import Struct

from stream.codec import Rejected
from stream.engine.log.port import Record

UNREAD = float("-inf")
"""What `ShardLog.settled` says of a topic that holds more than was delivered."""

INSTANTLY = -1
"""The merge time of a record that could not be read: it holds up nobody."""


AHEAD = 4000
"""Records of a topic that wait to be merged at most: what a large batch lacks is fetched while it grows."""


class Item(Struct, frozen=True, gc=False):
    """A record on its way through the merge, with what it was read into."""

    time: int  # event time, ms
    topic: str
    record: Record
    event: Any | Rejected
    arrived: float  # wall clock, ms: when it was put into the merge


class Merge:
    """Ordered by (event time, topic order, offset). A record leaves when every other topic has one, or is known to be
    empty up to `wait_ms` after the record reached the broker; or when it has been here for `wait_max_ms` and no topic
    is known to hold unread ones: those are waited for, as Kafka Streams does, or an outage would break the order."""

    def __init__(self, topics: Sequence[str], *, wait_ms: float, wait_max_ms: float, capacity: int) -> None:
        """`topics` in tie order; `capacity`: records of one topic held before it counts as full."""
        self._topics = tuple(topics)
        self._index = {topic: index for index, topic in enumerate(topics)}
        self._queues: tuple[deque[Item], ...] = tuple(deque() for _ in topics)
        self._wait = wait_ms
        self._wait_max = wait_max_ms
        self._capacity = capacity

    def __len__(self) -> int:
        return sum(map(len, self._queues))

    def extend(self, topic: str, items: Iterable[Item]) -> None:
        """Add records behind those of their topic."""
        self._queues[self._index[topic]].extend(items)

    def full(self) -> frozenset[str]:
        """Return the topics that should not be fetched for now."""
        return frozenset(t for t, queue in zip(self._topics, self._queues, strict=True) if len(queue) >= self._capacity)

    def next_time(self) -> float:
        """Return the event time, ms, of the record that is next in order; infinity when there is none."""
        return min((queue[0].time for queue in self._queues if queue), default=float("inf"))

    def take(self, limit: int, settled: Callable[[str], float], now: float, until: float = float("inf")) -> list[Item]:
        """Return up to `limit` records that may go. `settled` is `ShardLog.settled`; `now` the wall clock in ms.

        Records of after the event time `until` (ms) stay where they are; the order is as without it.
        """
        queues = self._queues
        heads = [(queue[0].time, index) for index, queue in enumerate(queues) if queue]
        heapify(heads)
        horizon = min((settled(t) for t, q in zip(self._topics, queues, strict=True) if not q), default=float("inf"))
        taken: list[Item] = []
        while heads and len(taken) < limit:
            time, index = heads[0]
            if time > until:
                break
            queue = queues[index]
            item = queue[0]
            if item.record.timestamp + self._wait > horizon and time != INSTANTLY:
                late = horizon > UNREAD and now - item.arrived >= self._wait_max
                if not late:
                    break
            taken.append(queue.popleft())
            if queue:
                if len(heads) == 1:
                    heads[0] = (queue[0].time, index)
                else:
                    heapreplace(heads, (queue[0].time, index))
            else:
                heappop(heads)
                horizon = min(horizon, settled(self._topics[index]))
        return taken
