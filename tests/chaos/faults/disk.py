"""The file system of the local stores: full, or read-only."""

from __future__ import annotations

import asyncio
import contextlib
import random

from chaos.faults.base import Fault, pause
from chaos.stack import Stack


class DiskFull(Fault):
    """Nothing more fits on the disk."""

    name = "disk-full"
    root = True

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        ballast = stack.settings.engine.state_dir / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 16))
        await pause(rng, 4, 8)
        ballast.unlink()


class DiskReadOnly(Fault):
    """The file system becomes read-only, as it does after a fault of the disk, and is mended."""

    name = "disk-read-only"
    root = True

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        names = stack.workers
        for name in names:  # a file that is open for writing keeps a file system from becoming read-only
            await stack.kill(name)
        await remount(stack, "ro")
        for name in names:
            stack.up(name)
        await pause(rng, 6, 9)
        await remount(stack, "rw")


async def remount(stack: Stack, how: str) -> None:
    """Mount the stores' file system again."""
    done = await asyncio.create_subprocess_exec("mount", "-o", f"remount,{how}", str(stack.settings.engine.state_dir))
    if await done.wait():
        stack.notes.append(f"remount {how}: status {done.returncode}")
