"""Workers that come and go in good order."""

from __future__ import annotations

import random

from chaos.faults.base import Fault, pause
from chaos.stack import Stack


class Scale(Fault):
    """Of all workers one is left; then there are three; then one again; then as many as before."""

    name = "scale-1-3-1"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        names = stack.workers
        others = names[1:]
        for name in others:
            await stack.stop(name)
        await pause(rng, 0, 2)
        more = [*others, "worker-extra"][:2]
        for name in more:
            stack.up(name)
        for name in more:
            await stack.is_ready(name)
        await pause(rng, 0, 2)
        for name in more:
            await stack.stop(name)
        for name in others:
            stack.up(name)
