"""One schedule from beginning to end, and what came of it."""

from __future__ import annotations

import asyncio
import random
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from support.units import DAY

from chaos import oracle, verdict
from chaos.cluster import Cluster
from chaos.faults import registry
from chaos.feed import feed
from chaos.feeder import Feeder
from chaos.ground import Ground
from chaos.model import pinned
from chaos.schedule import Schedule
from chaos.stack import Stack, stack

_LATER = 45 * DAY


@dataclass
class Result:
    """What came of a schedule; `problems` is empty when it is clean. `ended`: processes that ended by themselves."""

    schedule: Schedule
    problems: list[str] = field(default_factory=list)
    events: int = 0
    alerts: int = 0
    examples: int = 0
    letters: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    missed: int = 0
    seconds: float = 0.0


async def run(schedule: Schedule, ground: Ground, folder: Path) -> Result:
    """Run a schedule; its logs stay in `folder`."""
    result, began = Result(schedule), time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(folder, schedule.brokers)
    store = await ground.database(f"s{schedule.seed}") if schedule.postgresql else None
    try:
        await cluster.start(ground.templates)
        more = {"static": schedule.static, "mounted": schedule.mounted}
        async with stack(cluster, folder, schedule.workers, store, **more) as made:
            made.server = ground.postgres
            try:
                await _pass(schedule, made, result)
            except Exception as fault:
                result.problems.append(f"{type(fault).__name__}: {str(fault)[:300]}")
                (folder / "logs" / "fault.txt").write_text(traceback.format_exc(), encoding="utf-8")
            result.ended, result.missed = Counter(made.ended), made.missed
    finally:
        await cluster.stop()
        result.seconds = time.monotonic() - began
    return result


async def _pass(schedule: Schedule, made: Stack, result: Result) -> None:
    making = asyncio.to_thread(feed, schedule.source, schedule.seed, schedule.events)
    lines, _ = await asyncio.gather(making, made.ready())
    feeder = Feeder(made.straight, lines, schedule.rate, max(line.timestamp for line in lines) + _LATER)
    try:
        want = asyncio.create_task(asyncio.to_thread(oracle.expected, made.straight, feeder.everything, pinned()))
        feeder.begin()
        known = registry.discover()
        for number, strike in enumerate(schedule.strikes):
            await feeder.taken(strike.share)
            await known[strike.fault]().strike(made, random.Random(f"{schedule.seed}/{number}/{strike.fault}"))
        await feeder.end()
        result.problems += await verdict.problems(made, await want, lines)
        outcome = want.result()
        result.events, result.alerts = outcome.sent, outcome.alerts.total()
        result.examples, result.letters = outcome.examples.total(), outcome.letters.total()
    finally:
        await feeder.stop()
