"""The wall clock, asked at the edge only: the core is told what time it is."""

from __future__ import annotations

import time


def wall_ms() -> int:
    """Return the wall clock, epoch ms."""
    return time.time_ns() // 1_000_000
