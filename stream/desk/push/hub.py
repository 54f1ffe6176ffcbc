"""Open pages wait here for what is committed: no gap and no double, whatever connection or process was lost.

A page goes on behind the last number it saw. What it missed is read from the store; then it is given what others
commit. A round of the hub asks the store once for all receivers of a commit, however many pages they have open; each
page keeps a bounded number of references to events that were encoded once. A page that does not take them fast enough
falls back to reading the store at its own pace, and `sse.stream` ends a connection that takes nothing at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterable

from sqlalchemy.exc import SQLAlchemyError

from stream.desk.push.event import Event, Pace, of_push, reset
from stream.desk.push.feed import Feed, Reader
from stream.desk.push.metrics import PushMetrics
from stream.desk.store.database import Database, name_of
from stream.desk.store.repositories.pushes import last_numbers, push_range, pushes_after, pushes_between

_log = logging.getLogger(__name__)
_PAGE = 200  # events read at once
_ROOM = 256  # events that wait for one page


class Hub:
    """The pages of one process. `committed` and `events` belong to one event loop."""

    def __init__(
        self,
        database: Database,
        *,
        metrics: PushMetrics | None = None,
        poll_s: float = 2.0,
        retry_s: float = 0.5,
        room: int = _ROOM,
        pace: Pace | None = None,
    ) -> None:
        """Nothing runs until `start`.

        Args:
            database: the store.
            metrics: where open pages and what they were given is counted.
            poll_s: how often it asks for what other processes committed.
            retry_s: how long it waits when the database is away.
            room: events that may wait for one page.
            pace: of the streams, where they are not given another.
        """
        self._database, self.metrics, self.pace = database, metrics or PushMetrics(), pace or Pace()
        self._poll_s, self._retry_s, self._room = poll_s, retry_s, room
        self._feeds: dict[str, Feed] = {}
        self._behind: set[str] = set()
        self._woken = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._closed = False

    def start(self) -> None:
        """Begin to give; within a running event loop."""
        self._tasks = [asyncio.create_task(self._rounds(), name="push hub"), asyncio.create_task(self._polls())]

    async def close(self) -> None:
        """End every stream; pages resume when the desk is back."""
        self._closed = True
        for feed in self._feeds.values():
            for reader in feed.readers:
                reader.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def open(self) -> int:
        """Return how many streams are open."""
        return sum(len(feed.readers) for feed in self._feeds.values())

    def committed(self, receivers: Iterable[str]) -> None:
        """Say that pushes to them were committed. Cheap; only after the commit."""
        self._behind.update(receiver for receiver in receivers if receiver in self._feeds)
        if self._behind:
            self._woken.set()

    async def events(
        self, receiver: str, after: int | None = None, *, heartbeat_s: float | None = None
    ) -> AsyncGenerator[Event | None, None]:
        """Yield a receiver's events behind number `after`, for ever; None: only what is still to come.

        A page that missed what is no longer kept, or knows numbers that the store does not, is given a `reset`: it must
        load its list anew. Close it (`contextlib.aclosing`) when the connection ends. Ends by itself when the hub does.

        Args:
            receiver: a staff id.
            after: the last number that was seen.
            heartbeat_s: yield None when nothing came for so long.

        Raises:
            SQLAlchemyError, OSError: the store could not be read; the page comes back.
        """
        first, last = await self._range(receiver)
        reader = Reader(last if after is None else after, self._room)
        feed = self._feeds.setdefault(receiver, Feed())
        feed.readers.add(reader)
        self.metrics.streams.inc()
        try:
            if reader.position > last or reader.position < first - 1:
                reader.position = last
                yield reset(last)
            async for event in self._follow(receiver, feed, reader, heartbeat_s):
                yield event
        finally:
            self._leave(receiver, feed, reader)

    def _leave(self, receiver: str, feed: Feed, reader: Reader) -> None:
        self.metrics.streams.dec()
        feed.readers.discard(reader)
        if not feed.readers and self._feeds.get(receiver) is feed:
            del self._feeds[receiver]
            self._behind.discard(receiver)

    async def _follow(
        self, receiver: str, feed: Feed, reader: Reader, heartbeat_s: float | None
    ) -> AsyncGenerator[Event | None, None]:
        while not (reader.closed or self._closed):
            if not reader.live:
                for missed in await self._catch_up(receiver, feed, reader):
                    reader.position = missed.number
                    yield missed
            elif (event := reader.take()) is not None:
                yield event
            elif not await _woken(reader, heartbeat_s):
                yield None

    async def _catch_up(self, receiver: str, feed: Feed, reader: Reader) -> list[Event]:
        """Return the next page of the store; at its end the reader goes live, unless others were given more."""
        page: list[Event] = []
        given = feed.last
        async with self._patiently({receiver}):
            async with self._database.reading() as session:
                page = [of_push(push) for push in await pushes_after(session, receiver, reader.position, _PAGE)]
                last = (await last_numbers(session, [receiver])).get(receiver, 0)
            if given is not None and last < given:
                feed.go_back(last)
            if not page:
                reader.position = max(reader.position, last)  # what lies between was deleted: a customer forgotten
                if feed.join(reader):
                    self.committed([receiver])  # before the feed knew where it stands nobody was given anything
        return page

    async def _range(self, receiver: str) -> tuple[int, int]:
        async with self._database.reading() as session:
            return await push_range(session, receiver)

    async def _rounds(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            behind, self._behind = self._behind, set()
            async with self._patiently(behind):
                await self._round(behind)

    async def _round(self, behind: set[str]) -> None:
        """Ask once for all; who has more than a page comes again."""
        known = {receiver: feed.last for receiver in behind if (feed := self._feeds.get(receiver)) is not None}
        after = {receiver: last for receiver, last in known.items() if last is not None}
        async with self._database.reading() as session:
            last = await last_numbers(session, list(after))
            spans = {receiver: (there, min(last.get(receiver, 0), there + _PAGE)) for receiver, there in after.items()}
            found = await pushes_between(session, spans)
        for receiver in after:
            self._give(receiver, after[receiver], last.get(receiver, 0), [of_push(p) for p in found.get(receiver, ())])

    def _give(self, receiver: str, before: int, last: int, events: list[Event]) -> None:
        feed = self._feeds.get(receiver)
        if feed is None or feed.last != before or last == before:
            return  # all its pages went, or nothing is new
        if last < before:
            feed.go_back(last)
            return
        up_to = min(last, before + _PAGE)
        self.metrics.fell_behind.inc(feed.give(events, up_to))
        self.metrics.given.inc(len(events))
        if last > up_to:
            self.committed([receiver])

    async def _polls(self) -> None:
        """Look for what other processes wrote, and for what nobody told."""
        while True:
            await asyncio.sleep(self._poll_s)
            async with self._patiently(set()):
                async with self._database.reading() as session:
                    last = await last_numbers(session, list(self._feeds))
                stand = {receiver: feed.last for receiver, feed in self._feeds.items() if feed.last is not None}
                self.committed(receiver for receiver, there in stand.items() if last.get(receiver, 0) != there)

    @contextlib.asynccontextmanager
    async def _patiently(self, again: set[str]) -> AsyncIterator[None]:
        """While the database is away streams stay open, and go on by themselves; no fault ends the hub's rounds."""
        try:
            yield
        except (SQLAlchemyError, OSError) as fault:
            _log.warning("pushes cannot be read: %s", name_of(fault))
        except Exception:
            _log.exception("pushes cannot be given")
        else:
            return
        await asyncio.sleep(self._retry_s)
        self.committed(again)


async def _woken(reader: Reader, heartbeat_s: float | None) -> bool:
    """Wait for something to take; False when nothing came for so long."""
    try:
        async with asyncio.timeout(heartbeat_s):
            await reader.woken.wait()
    except TimeoutError:
        return False
    return True
