"""The network between clients and brokers: slow, cut, and cut or held up in the middle of a transaction."""

from __future__ import annotations

import asyncio
import random

from chaos.faults.base import Fault, pause
from chaos.proxy import Request
from chaos.stack import Stack

_HELD_S = 12.0  # longer than a transaction may last in these settings
_WITHIN_S = 15.0


class SlowBroker(Fault):
    """Every piece takes its time, in each direction."""

    name = "slow-broker"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        for proxy in stack.cluster.proxies:
            proxy.delay_s = rng.uniform(0.02, 0.15)
        await pause(rng, 4, 7)
        for proxy in stack.cluster.proxies:
            proxy.quiet()


class CutConnections(Fault):
    """Every connection is cut, and for a while none can be made."""

    name = "cut-connections"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        for proxy in stack.cluster.proxies:
            proxy.open = rng.random() < 0.3
            proxy.cut()
        await pause(rng, 0, 4)
        for proxy in stack.cluster.proxies:
            proxy.quiet()


async def at_next(stack: Stack, request: Request, held_s: float, passed_on: bool) -> None:
    """Hold the next such request up, then pass it on or cut the connection, with all others if it was passed on."""
    met = asyncio.Event()

    async def hook() -> bool:
        await asyncio.sleep(held_s)
        met.set()
        return passed_on

    for proxy in stack.cluster.proxies:
        proxy.at(request, hook)
    try:
        async with asyncio.timeout(held_s + _WITHIN_S):
            await met.wait()
    except TimeoutError:  # nobody had anything to say
        stack.missed += 1
    for proxy in stack.cluster.proxies:
        proxy.quiet()


class CutInTransaction(Fault):
    """A request of a transaction never arrives, or its answer does not: three times."""

    name = "cut-in-transaction"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        for _ in range(3):
            passed_on = rng.random() < 0.5
            await at_next(stack, rng.choice(list(Request)), 0, passed_on)
            if passed_on:
                for proxy in stack.cluster.proxies:
                    proxy.cut()


class HoldUpTransaction(Fault):
    """A request of a transaction arrives when the broker has given the transaction up."""

    name = "hold-up-transaction"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        await at_next(stack, rng.choice(list(Request)), _HELD_S, True)
