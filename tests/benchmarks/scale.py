"""How the worker's cost goes with customers, partitions and workers: `python -m tests.benchmarks.scale --help`.

    python -m tests.benchmarks.scale --customers 10000,100000,1000000   three events a customer, and what a million take
    python -m tests.benchmarks.scale --partitions 1,4,16,64
    python -m tests.benchmarks.scale --workers 1,2
    python -m tests.benchmarks.scale --customers 10000,1000000 --live 4000   and then what comes as it happens

Each figure has a broker, a load and a state folder of its own; everything of the core is on, without a snapshot. What
is compared is CPU an event, which other work on the machine disturbs least. Of each run also: resident memory, what
the local stores take on disk, what the workers wrote to disk over what they put into their states (write
amplification), and how soon a worker is ready again with its store and without one, from the changelog.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from math import isnan, log, nan
from pathlib import Path
from statistics import fmean
from typing import Any

import orjson
import psutil

from stream.capacity.plan import event_us
from stream.config import Settings
from stream.engine.store.rocks import Store
from stream.engine.store.state_memory import memory_of
from stream.engine.store.states import MOST_STATES

from .ground import Ground, ground, publish
from .load import Load
from .measure import SAMPLE_S, STALLED_S, EngineFailed, scrape
from .offsets import Committed
from .process import Alive, worker

_LEAST = 600_000  # events: fewer say little
_LIVE_S, _IDLE_S = 45.0, 10.0


@dataclass(frozen=True)
class Case:
    """One run: so many events of so many customers over so many partitions, by so many workers."""

    customers: int = 20_000
    partitions: int = 8
    workers: int = 1
    events: int = _LEAST
    live: float = 0.0
    """Events a second that come afterwards; 0 = none."""


@dataclass(frozen=True)
class Found:
    """What came of a case. CPU µs an event and MB are summed over its workers; restores are of all states, s."""

    case: Case
    rate: float
    cpu_us: float
    memory_mb: float
    states: int
    disk_bytes: float
    amplification: float
    from_store_s: float
    from_changelog_s: float
    state_bytes: float
    live_us: float = nan

    @property
    def foreseen_us(self) -> float:
        """What `churnwatch capacity` reckons an event of this case to cost, µs of CPU."""
        case, engine = self.case, Settings().engine
        per_shard = case.customers // case.partitions
        batch = _batch(per_shard, engine.batch_events)
        held = (engine.cache_mb << 20) / memory_of(round(self.state_bytes))
        missed = max(0.0, 1 - held * case.workers / case.customers)
        return event_us(changes(per_shard, batch), missed, self.state_bytes)

    def row(self) -> str:
        """Return a row of the table."""
        case = self.case
        cells = (
            f"{case.customers:,}",
            f"{case.partitions}",
            f"{case.workers}",
            f"{case.events:,}",
            f"{self.rate:,.0f}",
            f"{self.cpu_us:.1f}",
            f"{self.foreseen_us:.1f}",
            f"{self.memory_mb:,.0f}",
            f"{self.state_bytes:,.0f}",
            f"{self.disk_bytes / case.customers:,.0f}",
            f"{self.amplification:.1f}",
            f"{self.from_store_s:.1f}",
            f"{self.from_changelog_s:.1f}",
            f"{self.states / self.from_changelog_s:,.0f}",
            "" if isnan(self.live_us) else f"{self.live_us:.1f}",
        )
        return f"| {' | '.join(cells)} |"


_COLUMNS = (
    "customers",
    "partitions",
    "workers",
    "events",
    "events/s",
    "CPU, µs an event",
    "foreseen, µs",
    "resident, MB",
    "bytes a state",
    "disk, bytes a customer",
    "written over stored",
    "ready with its store, s",
    "ready from the changelog, s",
    "states/s",
    "CPU live, µs an event",
)
HEAD = f"| {' | '.join(_COLUMNS)} |\n{'|---' * len(_COLUMNS)}|"


@contextmanager
def workers(settings: Settings, count: int) -> Iterator[list[tuple[psutil.Process, Alive, str]]]:
    """Run so many workers of one group, each with a state folder of its own."""
    with ExitStack() as running:
        found = []
        for number in range(count):
            folder = settings.engine.state_dir.parent / f"worker-{number}"
            folder.mkdir(exist_ok=True)
            engine = settings.engine.model_copy(update={"state_dir": folder / "state"})
            own = settings.model_copy(update={"engine": engine})
            pid, alive, url = running.enter_context(worker(own))
            found.append((psutil.Process(pid), alive, url))
        yield found


def run(case: Case, here: Ground, told: Any) -> Found:
    """Publish the case's load, have it handled, and restore it twice."""
    settings = here.fresh("scale")
    load = Load(events=case.events, customers=case.customers)
    seconds = publish(here.settings, load)
    told(f"{case}: published in {seconds:.0f} s")
    with workers(settings, case.workers) as running:
        rate, cpu_s = _handled(settings, case, running, told)
        live_us = _live(settings, case, load, running, told) if case.live else nan
        memory = sum(process.memory_info().rss for process, _, _ in running) / 1e6
        written = sum(process.io_counters().write_bytes for process, _, _ in running)
    folders = [settings.engine.state_dir.parent / f"worker-{number}" for number in range(case.workers)]
    disk = sum(file.stat().st_size for folder in folders for file in (folder / "state").rglob("*") if file.is_file())
    size = _state_bytes(folders[0] / "state")
    from_store, _ = _restored(settings, case, told)
    for folder in folders:
        shutil.rmtree(folder / "state")
    from_changelog, states = _restored(settings, case, told)
    cpu_us, amplified = 1e6 * cpu_s / case.events, written / max(1, disk)
    return Found(case, rate, cpu_us, memory, states, disk, amplified, from_store, from_changelog, size, live_us)


def _batch(customers: int, most: int) -> int:
    """Return after how many events a batch ends: `most`, or as soon as it has changed `MOST_STATES`."""
    if customers <= MOST_STATES:
        return most
    return min(most, round(log(1 - MOST_STATES / customers) / log(1 - 1 / customers)))


def changes(customers: int, events: int) -> float:
    """Return how many of a shard's customers a batch of so many events changes, for each event, if chance decides."""
    return customers * (1 - (1 - 1 / customers) ** events) / events


def _state_bytes(folder: Path) -> float:
    """Return the mean of the states in one of the stores."""
    store = Store(next(file.parent for file in sorted(folder.rglob("CURRENT"))))
    try:
        return fmean(len(state) for _, state in store.states())
    finally:
        store.close()


def _counts(settings: Settings, total: int, running: list[Any], told: Any) -> Iterator[int]:
    """Yield how many events are committed, again and again until it is `total`."""
    last, last_at, tell_at = 0, time.monotonic(), 0.0
    with Committed(settings) as committed:
        while (count := committed.read()) < total:
            now = time.monotonic()
            yield count
            if count > last:
                last, last_at = count, now
            if now - last_at > STALLED_S:
                raise EngineFailed(f"{count} of {total} events for {STALLED_S:g} s")
            if now > tell_at:
                told(f"{count:,} of {total:,} events")
                tell_at = now + 10
            for _, alive, _ in running:
                alive()
            time.sleep(SAMPLE_S)


def _handled(settings: Settings, case: Case, running: list[Any], told: Any) -> tuple[float, float]:
    """Wait until every event is committed; return events a second after the first, and the CPU they took, s."""
    first: tuple[float, int] | None = None
    for count in _counts(settings, case.events, running, told):
        if count and first is None:
            first = time.monotonic(), count
            cpu = _cpu(running)
    if first is None:
        raise EngineFailed("everything was handled between two samples: give it more events")
    left = case.events - first[1]
    return left / (time.monotonic() - first[0]), (_cpu(running) - cpu) * case.events / left


def _live(settings: Settings, case: Case, before: Load, running: list[Any], told: Any) -> float:
    """Send on at the case's pace; return the CPU of an event, µs, without what an idle worker takes."""
    load = before.more(round(case.live * _LIVE_S))
    idle = _cpu_over(running, _IDLE_S)
    began, cpu = time.monotonic(), _cpu(running)
    publish(settings, load, rate=case.live)
    for _ in _counts(settings, before.events + load.events, running, told):
        pass
    took = time.monotonic() - began
    told(f"{load.events:,} events in {took:.1f} s as they came; idle it takes {1000 * idle:.1f} ms of CPU a second")
    return 1e6 * (_cpu(running) - cpu - idle * took) / load.events


def _cpu_over(running: list[Any], seconds: float) -> float:
    """Return what is taken now, s of CPU a second."""
    cpu = _cpu(running)
    time.sleep(seconds)
    return (_cpu(running) - cpu) / seconds


def _cpu(running: list[Any]) -> float:
    times = [process.cpu_times() for process, _, _ in running]
    return float(sum(time.user + time.system for time in times))


def _restored(settings: Settings, case: Case, told: Any) -> tuple[float, int]:
    """Start the workers again; return how long it was from the first shard's opening until all ran, s, and states."""
    with workers(settings, case.workers) as running:
        begun: float | None = None
        until = time.monotonic() + 10 * STALLED_S
        while time.monotonic() < until:
            for _, alive, _ in running:
                alive()
            pages = [scrape(f"{url}/metrics") for _, _, url in running]
            shards = sum(page.get('churnwatch_shards{condition="running"}', 0) for page in pages)
            opening = sum(page.get('churnwatch_shards{condition="restoring"}', 0) for page in pages)
            if begun is None and shards + opening:
                begun = time.monotonic()
            if begun is not None and shards == case.partitions:
                seconds = time.monotonic() - begun
                states = round(sum(page["churnwatch_restored_states_total"] for page in pages))
                told(f"ready after {seconds:.1f} s, {states:,} states read from the changelog")
                return seconds, states
            time.sleep(SAMPLE_S)
    raise EngineFailed("the workers did not become ready")


def _cases(given: argparse.Namespace) -> Iterator[Case]:
    base = Case()
    for customers in given.customers:
        events = 3 * customers if given.live else max(given.events, 3 * customers)
        yield replace(base, customers=customers, events=events, live=given.live)
    for partitions in given.partitions:
        yield replace(base, partitions=partitions, events=given.events)
    for count in given.workers:
        yield replace(base, workers=count, events=given.events)


def _numbers(text: str) -> list[int]:
    return [int(number.replace("_", "")) for number in text.split(",") if number]


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, run the cases one after another, print a row of each."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.scale",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name, what in (("customers", "customers"), ("partitions", "partitions"), ("workers", "workers of one group")):
        parser.add_argument(f"--{name}", type=_numbers, default=[], metavar="N,N", help=f"numbers of {what}")
    parser.add_argument("--events", type=int, default=_LEAST, help="at least, of a case (%(default)s)")
    parser.add_argument("--live", type=float, default=0.0, metavar="N", help="with --customers: then N events a second")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything here")
    given = parser.parse_args(arguments)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # fresh topics have no leader for a moment
    found = []
    print(HEAD, flush=True)
    for case in _cases(given):
        with ground("scale-", case.partitions) as here:
            found.append(run(case, here, lambda what: print(what, file=sys.stderr, flush=True)))
        print(found[-1].row(), flush=True)
    if given.json is not None:
        given.json.write_bytes(orjson.dumps([asdict(one) for one in found], option=orjson.OPT_INDENT_2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
