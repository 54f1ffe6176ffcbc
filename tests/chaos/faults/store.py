"""A local store that is gone, or damaged."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from chaos.faults.base import Fault
from chaos.stack import Stack


class DeleteStore(Fault):
    """A worker comes back without its stores."""

    name = "delete-store"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        name = rng.choice(stack.workers)
        await stack.kill_with_stores(name)
        stack.up(name)


class DamageStore(Fault):
    """A worker comes back to a store with a file that is cut off, overwritten or gone."""

    name = "damage-store"

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        name = rng.choice(stack.workers)
        folders = await stack.stores(name)
        await stack.kill(name)
        for folder in folders:
            files = [file for file in sorted(folder.iterdir()) if file.name != "LOCK" and file.stat().st_size]
            if files:
                rng.choice(WAYS)(rng.choice(files), rng)
        stack.up(name)


def cut_off(file: Path, rng: random.Random) -> None:
    """Leave a beginning of it."""
    with file.open("r+b") as opened:
        opened.truncate(rng.randrange(file.stat().st_size))


def overwrite(file: Path, rng: random.Random) -> None:
    """Write over some of it."""
    size = file.stat().st_size
    with file.open("r+b") as opened:
        opened.seek(rng.randrange(size))
        opened.write(rng.randbytes(max(8, size // 10)))


def remove(file: Path, rng: random.Random) -> None:
    """Take it away."""
    file.unlink()


WAYS: tuple[Callable[[Path, random.Random], None], ...] = (cut_off, overwrite, remove)
