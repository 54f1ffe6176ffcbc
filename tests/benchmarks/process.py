"""The processes of a run: started in the checkout with nothing of the caller's settings, ended whatever happens."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from stream.config import Settings

from .engines.peer import Counter, Told
from .ground import plain_environment
from .measure import EngineFailed, stop, tail

REPOSITORY = Path(__file__).parents[2]

Alive = Callable[[], None]
"""Raises `EngineFailed` once the process has ended."""


@contextmanager
def worker(settings: Settings, config: Path | None = None) -> Iterator[tuple[int, Alive, str]]:
    """Run a real worker with `settings`, and what else `config` has.

    Yields its process id, `Alive`, and the address of its internal port.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {
        "CHURNWATCH_KAFKA__BOOTSTRAP": settings.kafka.bootstrap,
        "CHURNWATCH_TOPICS__PREFIX": settings.topics.prefix,
        "CHURNWATCH_TOPICS__PARTITIONS": str(settings.topics.partitions),
        "CHURNWATCH_ENGINE__GROUP": settings.engine.group,
        "CHURNWATCH_ENGINE__STATE_DIR": str(settings.engine.state_dir),
        "CHURNWATCH_ENGINE__MERGE_WAIT_MS": str(settings.engine.merge_wait_ms),
        "CHURNWATCH_ENGINE__BATCHES_AT_ONCE": str(settings.engine.batches_at_once),
        "CHURNWATCH_ENGINE__CACHE_MB": str(settings.engine.cache_mb),
        "CHURNWATCH_HTTP__PORT": str(port),
    }
    command = [sys.executable, "-m", "stream", "worker", *(["--config", str(config)] if config else [])]
    with _process(command, env, settings) as (pid, alive):
        yield pid, alive, f"http://127.0.0.1:{port}"


@contextmanager
def peer(
    module: str, settings: Settings, python: str = sys.executable, config: Path | None = None
) -> Iterator[tuple[int, Alive, Counter]]:
    """Run a module of `engines`; yields its process id, `Alive` and its counter."""
    file = settings.engine.state_dir.parent / "count"
    Counter.create(file)
    given = Told(
        settings.kafka.bootstrap,
        settings.topics.prefix,
        settings.engine.group,
        settings.engine.state_dir,
        file,
        settings.topics.partitions,
        config or _shipped(settings),
    )
    command = [python, "-m", f"tests.benchmarks.engines.{module}", *given.arguments()]
    with _process(command, {}, settings) as (pid, alive):
        yield pid, alive, Counter(file)


def _shipped(settings: Settings) -> Path:
    """Return a configuration that changes nothing."""
    file = settings.engine.state_dir.parent / "shipped.toml"
    file.touch()
    return file


@contextmanager
def _process(command: list[str], env: dict[str, str], settings: Settings) -> Iterator[tuple[int, Alive]]:
    log = settings.engine.state_dir.parent / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env=plain_environment() | env, stdout=output, stderr=subprocess.STDOUT
        )

    def alive() -> None:
        if process.poll() is not None:
            raise EngineFailed(f"it ended with status {process.returncode}")

    try:
        yield process.pid, alive
    except EngineFailed as fault:
        raise EngineFailed(f"{fault}:\n{tail(log)}") from None
    finally:
        stop(process)
