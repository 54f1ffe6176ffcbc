"""States a second of a worker that restores everything it owns, beside a bare read of the same changelog.

    python -m tests.benchmarks.restore --help

Starts an embedded broker of its own, writes states of about 1 KB into the state changelog once (untimed), then starts,
in interleaved rounds, a bare aiokafka reader of it and a real worker with an empty state folder.

The worker is measured from the moment at which it says that it has shards to restore to the moment at which `/readyz`
says it is ready: what a person waits for after a machine was lost. Opening the shards' producers, fencing and the last
flush are in it; starting Python and joining the group are not. Its own metric must agree on how many states it read.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

import orjson

from stream.broker.errors import BrokerUnavailable
from stream.config import Settings

from .ground import PARTITIONS, Ground, ground
from .measure import EngineFailed, Run, scrape, watch
from .process import peer, worker
from .states import write

_BEGUN = 1


def restore(states: int, partitions: int, rounds: int) -> tuple[list[Run], list[Run], float]:
    """Return the worker's runs, the bare reader's, and the mean bytes of a state with its key.

    Raises:
        BrokerUnavailable: no broker can be had, and why.
        EngineFailed: one of them ended, stood still, or restored another number of states.
    """
    mine: list[Run] = []
    bare: list[Run] = []
    with ground("restore-", partitions) as here:
        size = asyncio.run(write(here.settings, states))
        for number in range(1, rounds + 1):
            bare.append(_read(here, here.fresh(f"bare-{number}"), states))
            mine.append(_restore(here, here.fresh(f"worker-{number}"), states))
            told = ", ".join(f"{run.engine} {run.rate:,.0f} states/s" for run in (bare[-1], mine[-1]))
            print(f"round {number} of {rounds}: {told}", file=sys.stderr, flush=True)
    return mine, bare, size / states


def _read(here: Ground, settings: Settings, states: int) -> Run:
    with peer("bare_changelog", settings) as (pid, alive, counter):
        return watch("bare", pid, here.broker_pid, counter.read, alive, states)


def _restore(here: Ground, settings: Settings, states: int) -> Run:
    with worker(settings) as (pid, alive, url):
        run = watch("worker", pid, here.broker_pid, lambda: _stage(url, states), alive, states)
        restored = scrape(f"{url}/metrics")["churnwatch_restored_states_total"]
    if restored != states:
        raise EngineFailed(f"{restored:.0f} of {states} states were restored")
    return run


def _stage(url: str, states: int) -> int:
    """Return 0 before anything is to be restored, `_BEGUN` from then on, all of them when it is ready."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=10):
            return states
    except urllib.error.HTTPError as fault:
        return _BEGUN if orjson.loads(fault.read())["restoring"] else 0
    except OSError:
        return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.restore",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--states", type=int, default=500_000, help="in the changelog (%(default)s)")
    parser.add_argument("--partitions", type=int, default=PARTITIONS, help="of the changelog, shards (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="(%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything here")
    given = parser.parse_args(arguments)
    if given.rounds < 1 or given.states < 20_000:
        parser.error("--rounds must be at least 1, --states at least 20000")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # fresh topics have no leader for a moment
    try:
        mine, bare, size = restore(given.states, given.partitions, given.rounds)
    except (BrokerUnavailable, EngineFailed) as fault:
        print(f"restore: {fault}", file=sys.stderr)
        return 1
    ratio = median(a.rate / b.rate for a, b in zip(mine, bare, strict=True))
    cpu = median(b.cpu_us / a.cpu_us for a, b in zip(mine, bare, strict=True))
    print(f"{given.states:,} states of {size:,.0f} bytes with their keys, {given.partitions} partitions")
    for name, runs in (("bare read", bare), ("worker", mine)):
        rates = [run.rate for run in runs]
        print(
            f"{name:<10} {median(rates):>9,.0f} states/s ({min(rates):,.0f}-{max(rates):,.0f}), "
            f"{median(run.cpu_us for run in runs):.1f} us CPU a state, peak {max(run.peak_mb for run in runs):.0f} MB, "
            f"others kept {median(run.others for run in runs):.2f} cores busy"
        )
    print(f"the worker restores {ratio:.2f} x what bare reading does, {cpu:.2f} x by CPU time")
    if given.json is not None:
        body = {"worker": [asdict(run) for run in mine], "bare": [asdict(run) for run in bare], "ratio": ratio}
        given.json.write_bytes(orjson.dumps(body, option=orjson.OPT_INDENT_2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
