"""A stream of events written to a connection, which is ended when it takes nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from stream.desk.push.event import HEARTBEAT, Pace
from stream.desk.push.hub import Hub

__all__ = ["HEADERS", "Pace", "resume_from", "stream"]

HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""Of the response: neither a cache nor a proxy's buffer may hold it."""


def resume_from(header: str | None, query: str | None) -> int | None:
    """Return the number behind which to go on: `Last-Event-ID`, else the page's `?after=`; None: neither is one."""
    for text in (header, query):
        if text is not None and text.isascii() and text.isdigit() and len(text) <= 18:
            return int(text)
    return None


async def stream(
    hub: Hub, receiver: str, after: int | None, write: Callable[[bytes], Awaitable[None]], pace: Pace | None = None
) -> None:
    """Write events until the connection or the hub ends; `pace`: by default the hub's.

    Raises:
        TimeoutError: the connection took nothing for `stall_s`: close it, the browser resumes.
        ConnectionError: the connection was lost.
    """
    pace = pace or hub.pace
    await write(b"retry: %d\n\n" % pace.retry_ms)
    async with contextlib.aclosing(hub.events(receiver, after, heartbeat_s=pace.heartbeat_s)) as events:
        async for event in events:
            try:
                async with asyncio.timeout(pace.stall_s):
                    await write(HEARTBEAT if event is None else event.encoded)
            except TimeoutError:
                hub.metrics.cut.inc()
                raise
