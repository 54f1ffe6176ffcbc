"""Events a second of one worker, beside its peers doing the same step on the same broker in the same run.

    python -m tests.benchmarks.throughput --help

Starts an embedded broker of its own, creates topics, publishes the load once (untimed), and runs every engine over it
in a process of its own with a group of its own, in interleaved rounds (A B C A B C): on a machine that others use too
only neighbours in time can be compared. `bare` is the ceiling for the client; Quix and Faust do the same step as the
worker (the same codec, rules and policy, the state kept as the same bytes), one event at a time, as their stores want
it. The load fires no warning in five days of history, so no engine is spared or burdened by output of its own; only of
`churnwatch+scoring`, which scores each customer's cut-off by a published snapshot, a tenth of the scores warn.

What is measured: from the first sample (20 a second) that shows a handled event to the one that shows the last; peers
write a count into a shared page of memory, the worker is seen through the offsets its group has committed, so that
nothing unfinished counts and nothing slows it. Start-up is outside. The first sample's events are left out of the
count; what an engine has fetched or decoded ahead by then favours it, so that it should not be much: the worker reads
4,000 records of a topic ahead, and decodes none of them.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import orjson

from models.snapshot import encode
from stream.broker.errors import BrokerUnavailable

from .ground import ground, publish
from .lineup import ENGINES, measure
from .load import Load
from .measure import EngineFailed, Run
from .model import snapshot
from .outcome import Outcome
from .peers import python_with
from .workloads import PLAIN, WORKLOADS, Workload

_NEEDS = {"quix": "quixstreams", "confluent": "confluent_kafka"}


def compare(
    engines: Sequence[str], events: int, rounds: int, *, workload: Workload = PLAIN, told: bool = True
) -> Outcome:
    """Run `engines` over `events` events, `rounds` times, interleaved; `told`: say on stderr how far it is.

    Raises:
        BrokerUnavailable: no broker can be had, and why.
        EngineFailed: an engine ended or stood still.
        RuntimeError: a peer cannot be installed, or the broker refused some of the load.
    """
    pythons = {name: python_with(_NEEDS[name]) if name in _NEEDS else sys.executable for name in engines}
    runs: dict[str, list[Run]] = {name: [] for name in engines}
    scored = any(ENGINES[name].scored for name in engines)
    model = encode(snapshot()) if scored else b""
    with ground("bench-") as here:
        config = workload.write(here.folder)
        seconds = publish(here.settings, Load(events=events))
        _tell(told, f"{events:,} events published in {seconds:.1f} s")
        for number in range(1, rounds + 1):
            for name in engines:
                settings = here.fresh(f"{name}-{number}")
                run = measure(ENGINES[name], here, settings, events, pythons[name], model, config)
                runs[name].append(run)
                _tell(told, f"round {number} of {rounds}: {name:<19}{run.rate:>10,.0f} events/s, {run.cpu_us:6.1f} us")
    return Outcome(runs)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.throughput",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--events", type=int, default=600_000, help="in the load, over 20,000 customers (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of every engine (%(default)s)")
    parser.add_argument(
        "--workload", choices=[PLAIN.name, *WORKLOADS], default=PLAIN.name, help="what is on (%(default)s)"
    )
    parser.add_argument("--engines", default=",".join(ENGINES), help="comma separated (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything here, - for stdout alone")
    given = parser.parse_args(arguments)
    engines = given.engines.split(",")
    if unknown := sorted(set(engines) - set(ENGINES)):
        parser.error(f"--engines: unknown: {', '.join(unknown)}; there are {', '.join(ENGINES)}")
    if given.rounds < 1 or given.events < 20_000:
        parser.error("--rounds must be at least 1, --events at least 20000: fewer are over between two samples")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # fresh topics have no leader for a moment
    try:
        workload = WORKLOADS.get(given.workload, PLAIN)
        outcome = compare(engines, given.events, given.rounds, workload=workload)
    except (BrokerUnavailable, EngineFailed, RuntimeError) as fault:
        print(f"throughput: {fault}", file=sys.stderr)
        return 1
    if given.json is not None:
        body = orjson.dumps(outcome.as_json(), option=orjson.OPT_INDENT_2).decode()
        print(body) if str(given.json) == "-" else given.json.write_text(body + "\n", encoding="utf-8")
    if str(given.json) != "-":
        print("\n".join(outcome.lines()))
    return 0


def _tell(told: bool, what: str) -> None:
    if told:
        print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
