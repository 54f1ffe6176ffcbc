"""The broker, or one of three, is killed or frozen and comes back."""

from __future__ import annotations

import random

from chaos.faults.base import Fault, pause
from chaos.stack import Stack


async def lost(stack: Stack, rng: random.Random) -> None:
    """Kill a broker, and start it on its own data."""
    one = rng.choice(stack.cluster.nodes)
    one.kill()
    await pause(rng, 0, 5)
    await stack.cluster.restart(one)


class KillBroker(Fault):
    """A broker is killed."""

    name = "kill-broker"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        await lost(stack, rng)


class LoseBrokers(Fault):
    """Of three brokers with `min.insync.replicas` 2 one is lost, and comes back; then another."""

    name = "lose-brokers"
    brokers = 3

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        await lost(stack, rng)
        await lost(stack, rng)


class StallBroker(Fault):
    """A broker freezes and wakes."""

    name = "stall-broker"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        one = rng.choice(stack.cluster.nodes)
        one.stall(True)
        try:
            await pause(rng, 2, 7)
        finally:
            one.stall(False)
