"""The demo's worker: a process of its own, ended with the demo; and how such processes are ended."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from stream.config import Settings
from stream.engine.kafka.broadcast import read_whole
from stream.engine.worker import directory

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # SIGHUP: its terminal was closed
_READY_S = 60.0
_END_S = 20.0


class DemoError(OSError):
    """The demo cannot go on; the message says what to look at."""


@asynccontextmanager
async def worker(
    settings: Settings, folder: Path, config: Path | None
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Run a worker of its own process and yield it with its address once it is ready."""
    output = (folder / "worker.log").open("wb")
    given = ("--config", str(config)) if config is not None else ()
    ours = {
        "CHURNWATCH_KAFKA__BOOTSTRAP": settings.kafka.bootstrap,
        "CHURNWATCH_TOPICS__PREFIX": settings.topics.prefix,
        "CHURNWATCH_ENGINE__GROUP": settings.engine.group,
        "CHURNWATCH_ENGINE__INSTANCE": "",
        "CHURNWATCH_ENGINE__STATE_DIR": str(settings.engine.state_dir),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "stream", "worker", "--log-level", "warning", *given),
        stdout=output,
        stderr=output,
        env=os.environ | ours,
        start_new_session=True,  # Ctrl-C is for us: the worker ends after what was sent
    )
    try:
        yield process, await _ready(settings, process, folder / "worker.log")
    finally:
        await end(process)
        output.close()


async def end(process: asyncio.subprocess.Process) -> None:
    """Ask a process to end, and end it if it does not."""
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _END_S)
    except TimeoutError:
        process.kill()
        await process.wait()


def tail(log: Path) -> str:
    """Return a log's last lines."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:])


async def _ready(settings: Settings, process: asyncio.subprocess.Process, log: Path) -> str:
    deadline = time.monotonic() + _READY_S
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < deadline and process.returncode is None:
            for entry in directory.readable(await read_whole(settings, directory.TOPIC)):
                async with session.get(f"{entry.url}/readyz") as answer:
                    if answer.status == 200:
                        return entry.url
            await asyncio.sleep(0.1)
    raise DemoError(f"the worker did not become ready; its log ends with:\n{tail(log)}")
