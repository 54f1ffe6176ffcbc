"""Waiting for a condition in a test that runs in the event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


async def until(holds: Callable[[], object], within_s: float = 10.0) -> None:
    """Return as soon as it holds.

    Raises:
        AssertionError: it did not within `within_s`.
    """
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "it never came true"
        await asyncio.sleep(0.005)
