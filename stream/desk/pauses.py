"""Waits between attempts while something is away: longer each time, up to some seconds."""

from __future__ import annotations

import asyncio

_PAUSES_S = (0.1, 0.2, 0.5, 1.0, 2.0)


class Pauses:
    """Of one thing that is tried again and again."""

    def __init__(self) -> None:
        """Nothing has failed yet."""
        self._failed = 0

    async def wait(self) -> None:
        """Wait before the next attempt."""
        await asyncio.sleep(_PAUSES_S[min(self._failed, len(_PAUSES_S) - 1)])
        self._failed += 1

    def over(self) -> None:
        """Begin with the shortest again."""
        self._failed = 0
