"""Work on a store in a thread, which whoever is cancelled meanwhile waits for: the store is closed afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def to_the_end(work: Callable[[], None]) -> None:
    """Do `work` in a thread; a cancellation is passed on once it is done."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
