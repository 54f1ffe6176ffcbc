"""The decoded states a shard holds: those of the batch under way, and the most recently used ones besides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stream.domain.state import State, decode, due_of
from stream.engine.store import STATE, Store


class Held:
    """One customer's state in memory. `done` are the steps of this batch, to be done again if a later one fails."""

    __slots__ = ("done", "due", "state")

    def __init__(self, state: State | None, due: int) -> None:
        """`state` is `None` for an unknown customer; `due` is what the store's due index holds for them."""
        self.state = state
        self.due = due
        self.done: list[tuple[Any, Any]] = []


class States:
    """A cache in front of the store, with the changes of one batch."""

    def __init__(self, store: Store, capacity: int) -> None:
        """Keep up to `capacity` states besides those of the batch."""
        self._store = store
        self._capacity = capacity
        self._held: dict[bytes, Held] = {}
        self._touched: dict[bytes, Held] = {}

    def touch(self, customer: bytes) -> Held:
        """Return the customer's state for changing: it becomes part of the batch."""
        held = self._touched.get(customer)
        if held is None:
            held = self._held.pop(customer, None) or self._load(customer)
            self._touched[customer] = held
        return held

    def peek(self, customer: bytes) -> State | None:
        """Return the customer's committed state, without making it part of the batch."""
        stored = self._store.get(STATE + customer)
        return None if stored is None else decode(stored)

    def reload(self, customer: bytes) -> Held:
        """Take the customer's state back to what it was before the batch; the caller does the good steps again."""
        held = self._touched[customer]
        held.state = self.peek(customer)
        return held

    def touched(self) -> Iterator[tuple[bytes, Held]]:
        """Yield what the batch changed, in the order in which it was first touched."""
        yield from self._touched.items()

    def commit(self) -> None:
        """The batch is in the store: keep its states as the most recently used ones."""
        for held in self._touched.values():
            held.done.clear()
            held.due = held.state.due() if held.state is not None else 0
        self._held.update(self._touched)
        self._touched = {}
        excess = len(self._held) - self._capacity
        if excess > 0:
            for customer in [c for c, _ in zip(self._held, range(excess), strict=False)]:
                del self._held[customer]

    def _load(self, customer: bytes) -> Held:
        stored = self._store.get(STATE + customer)
        return Held(None, 0) if stored is None else Held(decode(stored), due_of(stored))
