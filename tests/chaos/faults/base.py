"""A fault and what it needs."""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from typing import ClassVar

from chaos.stack import Stack


class Fault(ABC):
    """Something that happens to a running stack. What it draws comes from the schedule's seed.

    Attributes:
        name: as schedules and the table of results have it.
        brokers: how many it needs.
        postgresql: whether the desk's database must be a server.
        root: whether it mounts a file system.
    """

    name: ClassVar[str]
    brokers: ClassVar[int] = 1
    postgresql: ClassVar[bool] = False
    root: ClassVar[bool] = False

    @abstractmethod
    async def strike(self, stack: Stack, rng: random.Random) -> None:
        """Let it happen, and return when what it broke is whole again or on its way to be."""


async def pause(rng: random.Random, least_s: float, most_s: float) -> None:
    """Let a fault last: for so long something is dead, frozen or away."""
    await asyncio.sleep(rng.uniform(least_s, most_s))
