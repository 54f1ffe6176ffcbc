"""Whether a worker's memory stays flat at full load: `python -m tests.benchmarks.soak --minutes 20`.

The throughput load again and again, each time with other ids and the next five days of event time, faster than the
worker takes it: there is always a backlog. Every ten seconds its resident memory is noted. After the first third, in
which caches fill and every customer becomes known, memory should not grow: told is the slope over the rest, MB an hour,
and the last tenth's mean over that of the tenth after the first third.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Sequence
from statistics import linear_regression, mean

import psutil

from stream.config import Engine, Settings
from stream.produce import produce

from .ground import ground
from .load import Load
from .measure import STALLED_S, EngineFailed
from .offsets import Committed
from .process import worker

_EVERY_S = 10.0
_AHEAD = 400_000  # events that lie on the broker at least, while more are to come
_PIECE = 100_000


def soak(settings: Settings, minutes: float) -> list[tuple[float, float, int]]:
    """Return (minute, resident MB, events handled) by sample.

    Raises:
        EngineFailed: the worker ended or stood still.
    """
    samples: list[tuple[float, float, int]] = []
    with Committed(settings) as committed, worker(settings) as (pid, alive, _):
        process, begun = psutil.Process(pid), time.monotonic()
        sent = last = 0
        load = Load(events=_PIECE, seed=0)
        last_at = note_at = begun
        while (now := time.monotonic()) - begun < 60 * minutes:
            alive()
            count = committed.read()
            if count > last:
                last, last_at = count, now
            if now - last_at > STALLED_S:
                raise EngineFailed(f"it stands at {count} of {sent} events")
            if now >= note_at:
                samples.append(((now - begun) / 60, process.memory_info().rss / 1e6, count))
                minute, resident, _ = samples[-1]
                print(f"{minute:5.1f} min {resident:7.0f} MB {count:12,} events", file=sys.stderr, flush=True)
                note_at = now + _EVERY_S
            if sent - count < _AHEAD:
                asyncio.run(produce(settings, load.records()))
                sent, load = sent + _PIECE, load.more(_PIECE)
            else:
                time.sleep(0.5)
    return samples


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print what came of it."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=20, help="(%(default)s)")
    parser.add_argument("--cache", type=int, default=Engine().cache_mb, metavar="MB", help="of states (%(default)s)")
    given = parser.parse_args(arguments)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with ground("soak-") as here:
        settings = here.fresh("soak")
        engine = settings.engine.model_copy(update={"cache_mb": given.cache})
        samples = soak(settings.model_copy(update={"engine": engine}), given.minutes)
    rest = samples[len(samples) // 3 :]
    slope = linear_regression([m for m, _, _ in rest], [mb for _, mb, _ in rest]).slope * 60
    tenth = max(1, len(rest) // 10)
    first, last = (mean(mb for _, mb, _ in part) for part in (rest[:tenth], rest[-tenth:]))
    columns = ("minutes", "events", "events/s", "MB after a third", "MB at the end", "ratio", "slope, MB an hour")
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    minutes, _, events = samples[-1]
    cells = (f"{minutes:.0f}", f"{events:,}", f"{events / minutes / 60:,.0f}", f"{first:.0f}", f"{last:.0f}")
    print(f"| {' | '.join(cells)} | {last / first:.3f} | {slope:+.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
