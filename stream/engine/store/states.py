"""The decoded states a shard holds: those of the batch under way, and the most recently used ones besides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from models import pending
from models.pending import Pending
from stream.domain import groups
from stream.domain import state as customers
from stream.domain.groups import GroupState
from stream.domain.state import State
from stream.engine.store.rocks import GROUP, PENDING, STATE, Store
from stream.engine.store.state_memory import memory_of

S = TypeVar("S")
MOST_STATES = 2500
MOST_MEMORY = 32 << 20
"""A batch is to end when it holds so many states, or so many bytes of them: several shards are in one at a time."""

_LOOKED_AT = 2_000  # states in one turn: a few ms


@dataclass(frozen=True)
class Form(Generic[S]):
    """How one kind of state is stored: under which prefix of the key, and as what."""

    prefix: bytes
    new: Callable[[], S]
    encode: Callable[[S], bytes]
    decode: Callable[[bytes], S]
    due: Callable[[S], int]
    """When its next timer is due, 0 = it has none."""


CUSTOMERS: Form[State] = Form(STATE, State, customers.encode, customers.decode, State.due)
GROUPS: Form[GroupState] = Form(GROUP, GroupState, groups.encode, groups.decode, lambda group: 0)
WAITING: Form[Pending] = Form(PENDING, Pending, pending.encode, pending.decode, lambda entries: 0)
"""Cut-offs that wait for their labels; the timers that wake them are the customers'."""


class Held(Generic[S]):
    """One state in memory. `done` are the steps of this batch, to be done again if a later one fails.

    With each goes what its owner needs for that. `due` is when the store's due index has them next, 0 = not at all;
    `noted` what this batch has made of it; `stored` how many bytes it takes as it was last encoded.
    """

    __slots__ = ("done", "due", "noted", "state", "stored")

    def __init__(self, state: S | None, due: int, stored: int) -> None:
        """`state` is `None` for who is unknown; `due` is what the store's due index holds for them."""
        self.state = state
        self.due = self.noted = due
        self.stored = stored
        self.done: list[tuple[Any, Any]] = []

    def settle(self) -> None:
        """The batch ends: what it has made of the state is what the next one begins with."""
        self.done.clear()
        self.due = self.noted


class States(Generic[S]):
    """A cache in front of the store, with the changes of one batch: of customers, of groups, of waiting cut-offs."""

    def __init__(self, store: Store, form: Form[S], room: Callable[[], int] = lambda: 0) -> None:
        """`room`: bytes of memory for states besides those of the batch; it may change."""
        self._store = store
        self._room = room
        self.form = form
        self._held: dict[bytes, Held[S]] = {}
        self._kept = 0  # their memory, bytes
        self._touched: dict[bytes, Held[S]] = {}
        self._taken = 0  # theirs

    @property
    def full(self) -> bool:
        """Whether the batch under way holds as much as it should."""
        return len(self._touched) >= MOST_STATES or self._taken >= MOST_MEMORY

    def touch(self, key: bytes) -> Held[S]:
        """Return a customer's or a group's state for changing: it becomes part of the batch."""
        held = self._touched.get(key)
        if held is None:
            held = self._held.pop(key, None)
            if held is not None:
                self._kept -= memory_of(held.stored)
            else:
                held = self._load(key)
            self._taken += memory_of(held.stored)
            self._touched[key] = held
        return held

    async def holding(self, part: bytes) -> list[bytes]:
        """Return the keys of those whose stored state has `part` in it, in order; others run meanwhile.

        What the batch under way has changed is not in the store: `touched` has it.
        """
        found: list[bytes] = []
        last: bytes | None = b""
        while last is not None:
            some, last = self._store.containing(self.form.prefix, part, last, _LOOKED_AT)
            found += some
            await asyncio.sleep(0)
        return found

    def look(self, key: bytes) -> S | None:
        """Return the state as it is now, without making it part of the batch."""
        held = self._touched.get(key) or self._held.get(key)
        return self.peek(key) if held is None else held.state

    def peek(self, key: bytes) -> S | None:
        """Return the committed state, without making it part of the batch."""
        stored = self._store.get(self.form.prefix + key)
        return None if stored is None else self.form.decode(stored)

    def reload(self, key: bytes) -> Held[S]:
        """Take the state back to what it was before the batch; the caller does the good steps again."""
        held = self._touched[key]
        held.state = self.peek(key)
        return held

    def encoded(self, held: Held[S]) -> bytes | None:
        """Return what is to be stored of a state that the batch changed, and note its size; `None`: nothing."""
        found = None if held.state is None else self.form.encode(held.state)
        held.stored = len(found or b"")
        return found

    def touched_one(self, key: bytes) -> Held[S] | None:
        """Return a state that the batch changes; `None` for any other."""
        return self._touched.get(key)

    def touched(self) -> Iterator[tuple[bytes, Held[S]]]:
        """Yield what the batch changed, in the order in which it was first touched."""
        yield from self._touched.items()

    def commit(self) -> None:
        """The batch is in the store: keep its states, all settled, as the most recently used ones."""
        self._held.update(self._touched)
        self._kept += sum(memory_of(held.stored) for held in self._touched.values())
        self._touched, self._taken = {}, 0
        room, oldest = self._room(), []
        for key, held in self._held.items():
            if self._kept <= room:
                break
            self._kept -= memory_of(held.stored)
            oldest.append(key)
        for key in oldest:
            del self._held[key]

    def _load(self, key: bytes) -> Held[S]:
        stored = self._store.get(self.form.prefix + key)
        if stored is None:
            return Held(None, 0, 0)
        state = self.form.decode(stored)
        return Held(state, self.form.due(state), len(stored))
