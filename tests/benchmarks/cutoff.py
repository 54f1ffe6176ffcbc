"""What a cut-off costs, whole and by part: CPU microseconds, for customers of the throughput load.

    python -m tests.benchmarks.cutoff --help

States are folded first (untimed), up to where each customer's first cut-off is due. Each part is called for one
customer after the other, as a shard does, so that no state is in the processor's cache; reported is the median of the
rounds. The whole is `InStream.cut_off` with what its batch reads from the store and encodes for it; once for each
customer alone, once with `--together` of them looked at in one go, as are those of a shard whose hour it is.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from models import labels, pending
from models.features import sets
from models.in_stream import InStream, example_id, groups
from models.pending import Entry, Pending
from models.scoring.reasons import reasons
from stream.engine.shard.pending import PendingBatch
from stream.engine.store.rocks import Store
from stream.engine.store.states import WAITING, States
from stream.policy.base import Moment

from .model import Lives, lives, model, snapshot


class Parts:
    """The parts of a cut-off, each to be called with a customer."""

    def __init__(self, place: InStream, found: Lives, store: Store) -> None:
        self._place, self._found, self._store = place, found, store
        units, rules, scorer = place.business, place.rules, place.scorer
        assert scorer is not None
        vectors = {name: sets.vector(*life, units) for name, life in found.items()}
        judged = {name: scorer.judge(x) for name, x in vectors.items()}
        shares = {name: one.contributions() for name, one in judged.items()}
        packed = {name: sets.taken(*life, units) for name, life in found.items()}
        waits = {
            name: Pending([Entry(at, at, sets.VERSION, packed[name], judged[name].scores, "v", {"class": "x"}, 1)])
            for name, (_, at) in found.items()
        }
        self.batch = PendingBatch(States(store, WAITING))
        self.all: dict[str, Callable[[str], Any]] = {
            "features": lambda name: sets.taken(*found[name], units),
            "scores": lambda name: scorer.judge(vectors[name]),
            "scores and contributions": lambda name: scorer.judge(vectors[name]).contributions(),
            "three reasons": lambda name: reasons(shares[name], vectors[name], sets.FEATURES, 3),
            "next cut-off": lambda name: place.cadence.next(name, found[name][1], units),
            "the example's id": lambda name: example_id(name, found[name][1]),
            "groups": lambda name: groups(*found[name], units),
            "level": lambda name: labels.level(*found[name], units, rules),
            "usage": lambda name: labels.usage(*found[name], units, rules),
            "whether active": lambda name: labels.is_active(*found[name], rules),
            "what waits, read": lambda name: self.batch.pending(name),
            "what waits, encoded": lambda name: pending.encode(waits[name]),
            "all of it": self._whole,
        }

    def fresh(self) -> None:
        """Begin another batch."""
        self.batch = PendingBatch(States(self._store, WAITING))

    def _whole(self, name: str, foreseen: Any = None) -> None:
        state, at = self._found[name]
        self._place.cut_off(name, state, Moment(at, 0, waiting=self.batch, foreseen=foreseen))
        self.batch.finish({})
        self.fresh()

    def together(self, names: Sequence[str]) -> None:
        """Cut these off as if they were due at the same moment."""
        looks = self._place.foresee([self._found[name][0] for name in names], self._found[names[0]][1])
        for name, look in zip(names, looks, strict=True):
            self._whole(name, look)


def measure(customers: int, rounds: int, together: int) -> dict[str, float]:
    """Return CPU microseconds by part."""
    found = lives(customers)
    with TemporaryDirectory(prefix="churnwatch-benchmark-") as folder:
        store = Store(Path(folder) / "store")
        parts = Parts(model(snapshot()), found, store)
        runs: dict[str, list[float]] = {name: [] for name in parts.all}
        for _ in range(rounds):
            for name, part in parts.all.items():
                parts.fresh()
                begun = time.process_time()
                for customer in found:
                    part(customer)
                runs[name].append((time.process_time() - begun) / len(found) * 1e6)
            names = sorted(found, key=lambda name: found[name][1])
            begun = time.process_time()
            for first in range(0, len(names), together):
                parts.together(names[first : first + together])
            runs.setdefault(f"the same, {together} at once", []).append(
                (time.process_time() - begun) / len(found) * 1e6
            )
        store.close()
    return {name: statistics.median(spent) for name, spent in runs.items()}


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--customers", type=int, default=2_000, help="of the load; some two thirds have a cut-off")
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--together", type=int, default=16)
    chosen = options.parse_args()
    for name, spent in measure(chosen.customers, chosen.rounds, chosen.together).items():
        print(f"{name:<26}{spent:8.1f} us")


if __name__ == "__main__":
    main()
