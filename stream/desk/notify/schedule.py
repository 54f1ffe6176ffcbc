"""When an attempt that failed is made again. Pure; the random part is passed in."""

from __future__ import annotations

from collections.abc import Sequence


def next_at(
    attempts: int, retries_s: Sequence[float], now: int, *, jitter: float, chance: float, asked_s: float | None = None
) -> int | None:
    """Return the time of the next attempt (epoch ms), None when there is none any more.

    Args:
        attempts: made so far, 0 before the first.
        retries_s: wait before each attempt, seconds.
        now: wall clock, epoch ms.
        jitter: a wait grows by up to this share of it.
        chance: 0 to 1, at random.
        asked_s: a longer wait that the receiver asked for.
    """
    if attempts >= len(retries_s):
        return None
    wait = retries_s[attempts] * (1 + jitter * chance)
    return now + round(max(wait, asked_s or 0.0) * 1000)
