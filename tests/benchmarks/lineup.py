"""The engines of a run: how each is started, how far it is, and what it promises."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stream.config import Settings

from .engines.peer import Counter, Told
from .ground import Ground, plain_environment, renew_changelog
from .measure import EngineFailed, Run, scrape, stop, tail, watch
from .offsets import Committed

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Engine:
    """One engine. `share`: the part of the load it is measured on, where all of it would take too long."""

    name: str
    promises: str
    module: str = ""
    share: float = 1.0


ENGINES = {
    engine.name: engine
    for engine in (
        Engine("bare", "nothing: aiokafka getmany and orjson, no state, no output", "bare"),
        Engine("churnwatch", "exactly once: offsets, state, alerts in one transaction; merged by event time"),
        Engine("quix", "at least once: state may count an event twice after a crash", "quix"),
        Engine(
            "faust",
            "at least once: state may count an event twice after a crash",
            "faust_table",
            share=40_000 / 300_000,
        ),
    )
}


def measure(engine: Engine, ground: Ground, settings: Settings, events: int, python: str = sys.executable) -> Run:
    """Run an engine over the load from its beginning and measure it.

    Args:
        engine: which.
        ground: where.
        settings: `ground.fresh`, a group and a folder that nobody has used.
        events: in the load.
        python: the interpreter that has the engine's library.

    Raises:
        EngineFailed: with the end of its log.
    """
    total = round(events * engine.share)
    if engine.name == "churnwatch":
        return _worker(ground, settings, total)
    counter = settings.engine.state_dir.parent / "count"
    Counter.create(counter)
    given = Told(
        settings.kafka.bootstrap,
        settings.topics.prefix,
        settings.engine.group,
        settings.engine.state_dir,
        counter,
        settings.topics.partitions,
    )
    command = [python, "-m", f"tests.benchmarks.engines.{engine.module}", *given.arguments()]
    with _process(command, {}, settings) as (pid, alive):
        return watch(engine.name, pid, ground.broker_pid, Counter(counter).read, alive, total)


def _worker(ground: Ground, settings: Settings, total: int) -> Run:
    """The worker is watched through its group's committed offsets: scraping its metrics so often would slow it."""
    asyncio.run(renew_changelog(settings))
    port = _free_port()
    env = {
        "CHURNWATCH_KAFKA__BOOTSTRAP": settings.kafka.bootstrap,
        "CHURNWATCH_TOPICS__PREFIX": settings.topics.prefix,
        "CHURNWATCH_TOPICS__PARTITIONS": str(settings.topics.partitions),
        "CHURNWATCH_ENGINE__GROUP": settings.engine.group,
        "CHURNWATCH_ENGINE__STATE_DIR": str(settings.engine.state_dir),
        "CHURNWATCH_HTTP__PORT": str(port),
    }
    with Committed(settings) as committed, _process([sys.executable, "-m", "stream", "worker"], env, settings) as told:
        pid, alive = told
        run = watch("churnwatch", pid, ground.broker_pid, committed.read, alive, total)
        page = scrape(f"http://127.0.0.1:{port}/metrics")
    for phase in ("step", "transaction", "store"):
        run.phases[phase] = page[f'churnwatch_batch_phase_seconds_sum{{phase="{phase}"}}']
    run.phases["batches"] = page["churnwatch_batch_events_count"]
    return run


@contextmanager
def _process(command: list[str], env: dict[str, str], settings: Settings) -> Iterator[tuple[int, Callable[[], None]]]:
    """Run a process; yields its id and what raises once it has ended."""
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
