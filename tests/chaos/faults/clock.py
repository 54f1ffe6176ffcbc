"""A worker's clock that jumps while it runs, by less than an idle shard waits."""

from __future__ import annotations

import random

from chaos.faults.base import Fault
from chaos.stack import Stack

_MOST_S = 2400


class ClockJump(Fault):
    """A worker comes back whose clock, some seconds later, is up to forty minutes off."""

    name = "clock-jump"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        name = rng.choice(stack.workers)
        await stack.kill(name)
        by = rng.choice((-1, 1)) * rng.randrange(60, _MOST_S)
        stack.up(name, CHAOS_CLOCK_AFTER_S=str(rng.randrange(4, 8)), CHAOS_CLOCK_BY_S=str(by))
