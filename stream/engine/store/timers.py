"""Which customers' timers are due next, in event time: the near part of the store's due index, held in memory.

The states own the timers; this is an index over them. It holds at most `WINDOW` entries from the store at a time and
reads on when stream time has passed them, so that a million sleeping timers cost no memory.
"""

from __future__ import annotations

from heapq import heappop, heappush, nsmallest

from stream.engine.store.rocks import Store

WINDOW = 10_000
NEVER = 1 << 62


class DueIndex:
    """Entries (due, customer). Stale ones are allowed; whoever pops one checks it against the state."""

    def __init__(self, store: Store) -> None:
        """Read on from `store`, whose index may lack what this batch changed: `set` says it."""
        self._store = store
        self._heap: list[tuple[int, bytes]] = []
        self._last: tuple[int, bytes] = (0, b"")  # the last entry read from the store
        self._whole = False  # whether the store had no more beyond it
        self._changed: dict[bytes, int] = {}  # customer -> due, not yet in the store
        self._read_on()

    def _read_on(self) -> None:
        found = self._store.timers_after(*self._last, WINDOW)
        for due, customer in found:
            if customer not in self._changed:
                heappush(self._heap, (due, customer))
        self._whole = len(found) < WINDOW
        if found:
            self._last = found[-1]
        beyond = NEVER if self._whole else self._last[0]
        for customer, due in self._changed.items():
            if due and due <= beyond:
                heappush(self._heap, (due, customer))

    def set(self, customer: bytes, due: int) -> None:
        """Say that the customer's next timer is due at `due` (0 = none), ahead of the store."""
        self._changed[customer] = due
        if due and (self._whole or (due, customer) <= self._last):
            heappush(self._heap, (due, customer))

    def stored(self) -> None:
        """Say that the store has everything now; what is far away is left to it."""
        self._changed.clear()
        if len(self._heap) > 4 * WINDOW:
            self._heap = nsmallest(WINDOW, self._heap)
            self._last = self._heap[-1]
            self._whole = False

    def pop(self, until: int, most: int = 1) -> list[tuple[int, bytes]]:
        """Return and remove the first entry due at or before `until`, with those due with it: up to `most` in all."""
        while not self._heap or self._heap[0][0] > until:  # mostly so: it is asked at every event
            if self._whole or self._last[0] > until:
                return []
            self._read_on()
        heap = self._heap
        found = [heappop(heap)]
        while heap and heap[0][0] == found[0][0] and len(found) < most:
            found.append(heappop(heap))
        return found
