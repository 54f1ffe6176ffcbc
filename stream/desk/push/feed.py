"""In memory: who reads a receiver's pushes, and what each has not taken yet. No I/O, no waiting."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from stream.desk.push.event import Event


@dataclass(eq=False, slots=True)
class Reader:
    """One open connection. It is `live` while it is given what is committed, else it reads from the store."""

    position: int
    room: int
    live: bool = False
    closed: bool = False
    waiting: deque[Event] = field(default_factory=deque)
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, events: Sequence[Event]) -> bool:
        """Take what is new. Without room it takes nothing, drops what waits, and goes back to the store."""
        new = [event for event in events if event.number > self.position]
        fits = len(self.waiting) + len(new) <= self.room
        if fits:
            self.waiting.extend(new)
        else:
            self.waiting.clear()
            self.live = False
        self.woken.set()
        return fits

    def take(self) -> Event | None:
        """Return the next one that waits and move on to it."""
        while self.waiting:
            event = self.waiting.popleft()
            if event.number > self.position:
                self.position = event.number
                return event
        self.woken.clear()
        return None

    def close(self) -> None:
        """End the stream; what waits stays in the store."""
        self.closed = True
        self.woken.set()


@dataclass(eq=False, slots=True)
class Feed:
    """The readers of one receiver. `last` is the number up to which they were given all; None: not known yet."""

    last: int | None = None
    readers: set[Reader] = field(default_factory=set)

    def join(self, reader: Reader) -> bool:
        """Let a reader that has read the store to its end go live; False: more was given to others meanwhile."""
        if self.last is None:
            self.last = reader.position
        reader.live = self.last <= reader.position
        return reader.live

    def give(self, events: Sequence[Event], up_to: int) -> int:
        """Give what was committed up to a number to all who are live; return how many of them had no room for it."""
        self.last = up_to
        return sum(not reader.offer(events) for reader in list(self.readers) if reader.live)

    def go_back(self, last: int) -> None:
        """The store was put back from a copy: who knows later numbers comes again, and is told to load anew."""
        self.last = last
        for reader in self.readers:
            if reader.position > last or reader.waiting:
                reader.close()
