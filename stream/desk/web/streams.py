"""Open streams of live events of one process: how many one person has, and ended with the session they belong to."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterable


class Streams:
    """Which are open."""

    def __init__(self) -> None:
        """None is."""
        self._people: Counter[str] = Counter()
        self._limits: dict[str | None, set[asyncio.Timeout]] = {}  # by session; None: of programs with a token

    def of(self, staff_id: str) -> int:
        """Return how many one person has open."""
        return self._people[staff_id]

    @property
    def sessions(self) -> list[str]:
        """Return the sessions that have one open."""
        return [session_id for session_id in self._limits if session_id is not None]

    @contextlib.asynccontextmanager
    async def open(self, staff_id: str, session_id: str | None, life_s: float) -> AsyncIterator[None]:
        """Count a stream while it is open.

        Raises:
            TimeoutError: its time is over, or its session's.
        """
        self._people[staff_id] += 1
        try:
            async with asyncio.timeout(life_s) as limit:
                self._limits.setdefault(session_id, set()).add(limit)
                try:
                    yield
                finally:
                    self._leave(session_id, limit)
        finally:
            self._people -= Counter({staff_id: 1})

    def _leave(self, session_id: str | None, limit: asyncio.Timeout) -> None:
        limits = self._limits.get(session_id, set())
        limits.discard(limit)
        if not limits:
            self._limits.pop(session_id, None)

    def end(self, sessions: Iterable[str]) -> None:
        """End the streams of these sessions now."""
        now = asyncio.get_running_loop().time()
        for session_id in sessions:
            for limit in self._limits.get(session_id, set()):
                if not limit.expired():
                    limit.reschedule(now)
