"""The engines of a run: how each is started, how far it is, and what it promises."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass

from stream.config import Settings

from .ground import Ground, renew_changelog
from .measure import Run, scrape, watch
from .offsets import Committed
from .process import peer, worker


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
    with peer(engine.module, settings, python) as (pid, alive, counter):
        return watch(engine.name, pid, ground.broker_pid, counter.read, alive, total)


def _worker(ground: Ground, settings: Settings, total: int) -> Run:
    """The worker is watched through its group's committed offsets: scraping its metrics so often would slow it."""
    asyncio.run(renew_changelog(settings))
    with Committed(settings) as committed, worker(settings) as (pid, alive, url):
        run = watch("churnwatch", pid, ground.broker_pid, committed.read, alive, total)
        page = scrape(f"{url}/metrics")
    for phase in ("step", "transaction", "store"):
        run.phases[phase] = page[f'churnwatch_batch_phase_seconds_sum{{phase="{phase}"}}']
    run.phases["batches"] = page["churnwatch_batch_events_count"]
    return run
