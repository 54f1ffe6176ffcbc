"""The threads that SQLite works in. Each answers to the event loop, and so ends before it does.

A task that is cancelled while it asks leaves its connection's thread to itself: SQLAlchemy tells it to stop, but does
not wait. What it says afterwards to a loop that is closed is a fault in a thread, with a trace on the terminal.
"""

from __future__ import annotations

import asyncio
import time
from threading import Thread
from typing import Any

_POLL_S = 0.005


class Threads:
    """Of one engine's connections."""

    def __init__(self) -> None:
        """None has begun."""
        self._threads: list[Thread] = []

    def connect(self, *given: Any, **more: Any) -> Any:
        """Return a connection of aiosqlite that is not open yet, as SQLAlchemy's dialect would."""
        import aiosqlite  # only where SQLite is asked for

        connection = aiosqlite.connect(*given, **more)
        thread = connection._thread
        thread.daemon = True
        self._threads = [one for one in self._threads if one.ident is None or one.is_alive()] + [thread]
        return connection

    async def ended(self, within_s: float = 5.0) -> bool:
        """Wait until all have ended, once they were told to; tell whether they did."""
        end = time.monotonic() + within_s
        while any(thread.is_alive() for thread in self._threads):
            if time.monotonic() > end:
                return False
            await asyncio.sleep(_POLL_S)
        return True
