"""Every engine with every workload, one table: `python -m tests.benchmarks --rounds 3 --page FILE --json FILE`.

Each workload has a broker of its own, and its engines run in interleaved rounds; see `tests.benchmarks.throughput`. The
first run makes an environment for the peers. Some four minutes a workload and round on an idle machine.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import orjson

from stream.broker.errors import BrokerUnavailable

from .comparison import as_json, markdown, write_page
from .lineup import ENGINES
from .measure import EngineFailed
from .outcome import Outcome
from .throughput import compare
from .workloads import WORKLOADS

_PEERS = tuple(name for name in ENGINES if not name.startswith("churnwatch"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, measure, print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--events", type=int, default=600_000, help="in the load (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of every engine (%(default)s)")
    parser.add_argument("--workloads", default=",".join(WORKLOADS), help="comma separated (%(default)s)")
    parser.add_argument("--peers", default=",".join(_PEERS), help="comma separated (%(default)s)")
    parser.add_argument("--page", type=Path, metavar="FILE", help="also write charts and table as one HTML file")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write runs and ratios")
    given = parser.parse_args(arguments)
    names, peers = given.workloads.split(","), [name for name in given.peers.split(",") if name]
    if unknown := sorted((set(names) - set(WORKLOADS)) | (set(peers) - set(_PEERS))):
        parser.error(f"unknown: {', '.join(unknown)}")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # fresh topics have no leader for a moment
    outcomes: dict[str, Outcome] = {}
    try:
        for name in names:
            workload = WORKLOADS[name]
            print(f"workload {name}: {workload.about}", file=sys.stderr, flush=True)
            engines = ["churnwatch+scoring" if workload.scored else "churnwatch", *peers]
            outcomes[name] = compare(engines, given.events, given.rounds, workload=workload)
    except (BrokerUnavailable, EngineFailed, RuntimeError) as fault:
        print(f"benchmarks: {fault}", file=sys.stderr)
        return 1
    if given.json is not None:
        given.json.write_bytes(orjson.dumps(as_json(outcomes), option=orjson.OPT_INDENT_2))
    if given.page is not None:
        write_page(outcomes, given.page)
    print(markdown(outcomes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
