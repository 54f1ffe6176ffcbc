"""The engines of a run: how each is started, how far it is, and what it promises."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stream.config import Settings
from stream.topics import CHANGELOG

from .ground import MODELS, Ground, put, renew
from .measure import EngineFailed, Run, scrape, watch
from .offsets import Committed
from .process import peer, worker


@dataclass(frozen=True)
class Engine:
    """One engine; without a `module` it is the worker.

    `share`: the part of the load it is measured on, where all of it would take too long. `scored`: cut-offs are scored
    by a snapshot; they come every seven days, so within the load's five some two thirds of the customers have one.
    """

    name: str
    promises: str
    module: str = ""
    share: float = 1.0
    scored: bool = False


ENGINES = {
    engine.name: engine
    for engine in (
        Engine("bare", "nothing: aiokafka getmany and orjson, no state, no output", "bare"),
        Engine(
            "churnwatch",
            "exactly once: offsets, state, alerts in one transaction; merged by event time",
        ),
        Engine("churnwatch+scoring", "the same, cut-offs scored by all experts and their stack", scored=True),
        Engine("confluent", "nothing: confluent-kafka consume and orjson, no state, no output", "confluent"),
        Engine("quix", "at least once: state may count an event twice after a crash", "quix"),
        Engine(
            "faust",
            "at least once: state may count an event twice after a crash",
            "faust_table",
            share=80_000 / 600_000,
        ),
    )
}


def measure(
    engine: Engine,
    ground: Ground,
    settings: Settings,
    events: int,
    python: str = sys.executable,
    snapshot: bytes = b"",
    config: Path | None = None,
) -> Run:
    """Run an engine over the load from its beginning and measure it.

    Args:
        engine: which.
        ground: where.
        settings: `ground.fresh`, a group and a folder that nobody has used.
        events: in the load.
        python: the interpreter that has the engine's library.
        snapshot: what an engine that is `scored` scores by, encoded.
        config: a file with what differs from the shipped configuration.

    Raises:
        EngineFailed: with the end of its log.
    """
    total = round(events * engine.share)
    if not engine.module:
        return _worker(engine, ground, settings, total, snapshot, config)
    with peer(engine.module, settings, python, config) as (pid, alive, counter):
        return watch(engine.name, pid, ground.broker_pid, counter.read, alive, total)


def _worker(
    engine: Engine, ground: Ground, settings: Settings, total: int, snapshot: bytes, config: Path | None
) -> Run:
    """The worker is watched through its group's committed offsets: scraping its metrics so often would slow it."""
    asyncio.run(renew(settings, (CHANGELOG, MODELS)))
    if engine.scored:
        asyncio.run(put(settings, snapshot))
    with Committed(settings) as committed, worker(settings, config) as (pid, alive, url):
        run = watch(engine.name, pid, ground.broker_pid, committed.read, alive, total)
        page = scrape(f"{url}/metrics")
    for phase in ("step", "transaction", "store"):
        run.phases[phase] = page[f'churnwatch_batch_phase_seconds_sum{{phase="{phase}"}}']
    run.phases["batches"] = page["churnwatch_batch_events_count"]
    run.counts.update(_counts(page))
    if (run.counts["scored"] > 0) != engine.scored or (engine.scored and run.counts["cold"] > 0):
        raise EngineFailed(f"{engine.name} was to {'score' if engine.scored else 'score nobody'}: {run.counts}")
    return run


def _counts(page: Mapping[str, float]) -> dict[str, float]:
    """Return how many cut-offs there were, how many of them scored or not, and the seconds that scores took."""
    return {
        "cutoffs": page["churnwatch_cutoffs_total"],
        "scored": page['churnwatch_scores_total{occasion="cut-off"}'],
        "cold": page["churnwatch_cold_cutoffs_total"],
        "score_s": page["churnwatch_score_seconds_sum"],
    }
