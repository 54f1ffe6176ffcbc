"""A worker that ends, as SIGKILL would, at a chosen place: in a batch, in a restore, in a rebalance."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence

from chaos.entry import BATCH, REBALANCE, RESTORE
from chaos.faults.base import Fault
from chaos.stack import Stack

_WITHIN_S = 20.0
_EXTRA = "worker-extra"


async def ended_at(stack: Stack, name: str, places: Sequence[str], hits: int, rng: random.Random) -> None:
    """Start a worker with a fuse."""
    stack.up(name, CHAOS_EXIT_AT=rng.choice(places), CHAOS_EXIT_AFTER=str(hits))


async def until_ended(stack: Stack, name: str, before: int) -> None:
    """Wait until a worker has ended by itself; one that never came to the place goes on as it is."""
    deadline = time.monotonic() + _WITHIN_S
    while stack.ended.count(name) == before and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    stack.missed += stack.ended.count(name) == before


class EndInBatch(Fault):
    """A worker ends after the offsets, the send, before or after the commit, or after the store's write."""

    name = "end-in-batch"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        name = rng.choice(stack.workers)
        before = stack.ended.count(name)
        await stack.kill(name)
        await ended_at(stack, name, BATCH, rng.randrange(1, 4), rng)
        await until_ended(stack, name, before)


class EndInRestore(Fault):
    """A worker ends while it restores a store that is gone."""

    name = "end-in-restore"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        name = rng.choice(stack.workers)
        before = stack.ended.count(name)
        await stack.kill_with_stores(name)
        await ended_at(stack, name, RESTORE, rng.randrange(1, 3), rng)
        await until_ended(stack, name, before)


class EndInRebalance(Fault):
    """A worker ends while shards move, because another one came."""

    name = "end-in-rebalance"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        name = rng.choice(stack.workers)
        before = stack.ended.count(name)
        await stack.kill(name)
        await ended_at(stack, name, REBALANCE, rng.randrange(1, 3), rng)
        stack.up(_EXTRA)
        await until_ended(stack, name, before)
        await stack.kill(_EXTRA)
