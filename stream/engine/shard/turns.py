"""How many shards of a worker are in a batch at a time.

They share one event loop, and what stands behind it: where that is what holds them up, a few at a time are each through
in a fraction of what all of them need side by side, and what arrives while a shard waits for its turn goes along in its
next batch. Where the way to the broker is long, waiting only costs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PATIENCE_S = 0.1
"""After so long a shard goes on without a turn: a transaction that hangs holds up its own shard only."""


class Turns:
    """Shared by the shards of a worker; first come, first served."""

    def __init__(self, at_once: int, patience_s: float = PATIENCE_S) -> None:
        """`at_once`: turns that there are; `patience_s`: how long one is waited for."""
        self._free = asyncio.Semaphore(at_once)
        self._patience = patience_s

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, or until patience is at its end, and give it back afterwards."""
        taken = await self._take()
        try:
            yield
        finally:
            if taken:
                self._free.release()

    async def _take(self) -> bool:
        try:
            async with asyncio.timeout(self._patience):
                return await self._free.acquire()
        except TimeoutError:
            return False
