"""SIGKILL of any role."""

from __future__ import annotations

import random

from chaos.faults.base import Fault, pause
from chaos.stack import DESK, TRAINER, Stack


async def killed(stack: Stack, name: str, rng: random.Random, most_s: float = 3) -> None:
    """Kill a role and start it again after a while."""
    await stack.kill(name)
    await pause(rng, 0, most_s)
    stack.up(name)


class KillWorker(Fault):
    """A worker is killed and comes back, at once or when its session is over."""

    name = "kill-worker"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        await killed(stack, rng.choice(stack.workers), rng, 6)


class KillAllWorkers(Fault):
    """Every worker is killed at once."""

    name = "kill-all-workers"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        names = stack.workers
        for name in names:
            await stack.kill(name)
        await pause(rng, 0, 2)
        for name in names:
            stack.up(name)


class KillTrainer(Fault):
    """The trainer is killed, between two checkpoints or within one."""

    name = "kill-trainer"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        await killed(stack, TRAINER, rng)


class KillDesk(Fault):
    """The desk is killed, within a database transaction or between two."""

    name = "kill-desk"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        await killed(stack, DESK, rng)
