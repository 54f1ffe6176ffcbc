"""What a vector of features costs: CPU of one call, for the busiest customers of a file and for all of them.

    python -m tests.benchmarks.features EVENTS.jsonl --help

States are folded first (untimed) and looked at from the newest event on. Each call takes another customer, as a shard's
cut-offs do, so that the state is not in the processor's cache. Beside it stands the same interpreter's time for a
fixed sum, because the ratio is what compares between machines.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from models.features.sets import NAMES, vector
from stream.codec import Rejected
from stream.config import load
from stream.domain.events import Forget
from stream.domain.fold import fold
from stream.domain.state import State
from stream.engine.assemble import business, codec
from stream.engine.log.jsonl import Record, read_lines

_CUSTOMER_TOPICS = {"transactions", "balances", "complaints", "service-events", "contacts", "customers"}


def least(run: Callable[[], object], rounds: int) -> float:
    """Return the least CPU time of a call over so many rounds, seconds: the one that was disturbed least."""
    best = float("inf")
    for _ in range(rounds):
        begun = time.process_time()
        run()
        best = min(best, time.process_time() - begun)
    return best


def main() -> None:
    """Fold, measure, print."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("events", type=Path)
    given.add_argument("--most", type=int, default=100_000, help="events folded at most")
    given.add_argument("--rounds", type=int, default=15)
    options = given.parse_args()
    settings = load(None)
    units, reader = business(settings), codec(settings)
    states: dict[str, State] = {}
    for line in islice(read_lines(options.events), options.most):
        if isinstance(line, Record) and line.topic in _CUSTOMER_TOPICS:
            event = reader.decode(line.topic, line.key, line.value, line.timestamp)
            if not isinstance(event, Rejected | Forget):
                fold(states.setdefault(event.customer_id, State()), event, units)
    end = max(state.newest for state in states.values())
    ordered = sorted(states.values(), key=lambda state: -state.acts)
    yardstick = least(lambda: [sum(range(1000)) for _ in range(100)], options.rounds) / 100
    print(f"{len(NAMES)} features; sum(range(1000)) takes {1e6 * yardstick:.1f} us here")
    for name, part in (("the busiest 200", ordered[:200]), ("all", ordered[:2000])):
        cost = least(lambda part=part: [vector(state, end, units) for state in part], options.rounds) / len(part)
        print(f"{name:<16}{1e6 * cost:8.1f} us a vector, {cost / yardstick:.1f} of the sum")


if __name__ == "__main__":
    main()
