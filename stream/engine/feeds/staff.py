"""The staff's news on its way into one shard: from the process's one reader, after the shard's own position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stream.codec import Codec, Rejected
from stream.domain.events import Staff
from stream.domain.staff import StaffBook
from stream.domain.state import State
from stream.engine.log.port import Bulletin, Record
from stream.engine.store.states import States
from stream.topics import STAFF


class StaffFeed:
    """What a shard has not taken yet of the staff's news, and whom in the store it may concern."""

    def __init__(self, bulletin: Bulletin | None, codec: Codec) -> None:
        """`bulletin`: `None` where there is no news of anybody."""
        self._bulletin = bulletin
        self._codec = codec
        self._next = 0

    async def open(self, position: int, book: StaffBook) -> None:
        """Go on at `position`, and know again what was told before it."""
        self._next = position
        if self._bulletin is None:
            return
        await self._bulletin.reaches(position)
        for record in self._bulletin.since(0):
            if record.offset >= position:
                return
            try:
                event = self._codec.decode(STAFF, record.key, record.value, record.timestamp)
            except Rejected:
                continue  # told when it was taken
            if isinstance(event, Staff):
                book.take(event)

    def fetch(self) -> Sequence[Record]:
        """Return what has come since."""
        if self._bulletin is None:
            return ()
        records = self._bulletin.since(self._next)
        if records:
            self._next = records[-1].offset + 1
        return records


async def suspects(news: Any, book: StaffBook, states: States[State]) -> list[bytes]:
    """Return the customers in the store whom news of the staff may concern: their state holds the id somewhere."""
    if not isinstance(news, Staff) or not book.is_news(news):
        return []
    return await states.holding((news.staff_id or news.branch_id or "").encode())
