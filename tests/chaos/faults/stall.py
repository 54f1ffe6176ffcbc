"""SIGSTOP, longer than a session lasts, and back."""

from __future__ import annotations

import random

from chaos.faults.base import Fault, pause
from chaos.stack import DESK, TRAINER, Stack


async def stalled(stack: Stack, name: str, rng: random.Random) -> None:
    """Freeze a role and wake it."""
    process = stack.process(name)
    process.stall()
    try:
        await pause(rng, 5, 9)
    finally:
        process.wake()


class StallWorker(Fault):
    """A worker freezes; others take its shards; it wakes."""

    name = "stall-worker"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        await stalled(stack, rng.choice(stack.workers), rng)


class StallDesk(Fault):
    """The desk freezes."""

    name = "stall-desk"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        await stalled(stack, DESK, rng)


class StallTrainer(Fault):
    """The trainer freezes."""

    name = "stall-trainer"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        await stalled(stack, TRAINER, rng)
