"""What a score and an example cost, by expert, and how large a snapshot of it is.

    python -m tests.benchmarks.scoring --help

Vectors of as many figures as the feature set has, a tenth of them missing, with a label that is far from linear.
CPU time (not the wall's, which others share), the median of interleaved rounds, and as a ratio to river's own
`predict_proba_one` of an adaptive random forest in the same rounds: the figure to compare between machines.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from models.experts import EXPERTS, Setup, build
from models.experts.base import Expert, Vector
from models.experts.booster import Booster
from models.features.sets import NAMES
from models.scoring.scorer import Scorer
from models.snapshot import SCHEMA, STACK, Grades, Snapshot, Span, Stack, encode
from models.snapshot import Expert as Published

PEER = "river ARF predict"


@dataclass
class Costs:
    """CPU microseconds by what ran: a score, its contributions, an example; bytes by what was published."""

    learn: dict[str, float] = field(default_factory=dict)
    score: dict[str, list[float]] = field(default_factory=dict)
    contributions: dict[str, list[float]] = field(default_factory=dict)
    size: dict[str, int] = field(default_factory=dict)
    fit_s: float = 0.0
    load_ms: float = 0.0

    def table(self) -> str:
        """Return a table."""
        peer = statistics.median(self.score[PEER])
        lines = [f"{'':<20}{'learn us':>10}{'score us':>10}{'of peer':>9}{'reasons us':>12}{'bytes':>10}"]
        for name, runs in self.score.items():
            score = statistics.median(runs)
            learn = f"{self.learn[name]:.0f}" if name in self.learn else ""
            why = f"{statistics.median(self.contributions[name]):.1f}" if name in self.contributions else ""
            size = f"{self.size[name]:,}" if name in self.size else ""
            lines.append(f"{name:<20}{learn:>10}{score:>10.1f}{score / peer:>9.1%}{why:>12}{size:>10}")
        lines.append(f"one fit of the booster {self.fit_s:.1f} s; a snapshot made ready in {self.load_ms:.1f} ms")
        return "\n".join(lines)


def rows(count: int, seed: int) -> list[Vector]:
    """Return vectors, a tenth of their figures missing."""
    rng = random.Random(seed)
    return [
        [round(rng.gauss(0, 1), 4) if rng.random() < 0.9 else None for _ in range(len(NAMES))] for _ in range(count)
    ]


def label(rng: random.Random, x: Vector) -> int:
    """Return a label that needs products and distances."""
    a, b, c, d = (x[place] or 0.0 for place in (0, 1, 2, 3))
    return int(a * b + abs(c) - 0.8 + 0.5 * d + rng.gauss(0, 0.7) > 0)


def measure(examples: int, rounds: int) -> Costs:
    """Learn, publish, and score what was not learned from."""
    costs, rng = Costs(), random.Random(2)
    experts = build(EXPERTS, Setup(NAMES, seed=7))
    known = rows(examples, 1)
    labels = [label(rng, x) for x in known]
    for name, expert in experts.items():
        costs.learn[name] = spent(lambda e=expert: [*map(e.learn, known, labels)], examples)
    booster = experts["booster"]
    assert isinstance(booster, Booster)
    costs.fit_s = spent(lambda: booster.adopt(booster.fit(booster.retained())), 1) / 1e6
    snapshot = published(experts)
    costs.size = {name: len(encode(published({name: expert}))) for name, expert in experts.items()}
    costs.size[STACK] = len(encode(snapshot))
    costs.load_ms = spent(lambda: Scorer(snapshot), 1) / 1e3
    probe = rows(200, 3)
    runs = {name: Scorer(snapshot, name) for name in (*experts, STACK)}
    forest, absent = experts["forest"]._forest, [{i: v for i, v in enumerate(x) if v is not None} for x in probe]
    for _ in range(rounds):
        for name, judge in runs.items():
            note(costs.score, name, judge.score, probe)
            note(costs.contributions, name, judge.contributions, probe)
        note(costs.score, PEER, forest.predict_proba_one, absent)
    return costs


def published(experts: dict[str, Expert]) -> Snapshot:
    """Return a snapshot of these experts, the stack its champion."""
    forms = {name: Published(expert.form(), 1.0, 0.0) for name, expert in experts.items()}
    stack = Stack(0.0, dict.fromkeys(forms, 1 / len(forms)))
    grades, span = Grades(0.3, 0.8), Span(0, 0, 0, 0)
    return Snapshot(SCHEMA, "v", 1, 0, 1, list(NAMES), STACK, forms, stack, grades, span, {})


def note(into: dict[str, list[float]], name: str, run: Callable[[Vector], object], probe: Sequence[Vector]) -> None:
    """Add a round's microseconds."""
    into.setdefault(name, []).append(spent(lambda: [run(x) for x in probe], len(probe)))


def spent(run: Callable[[], object], times: int) -> float:
    """Return CPU microseconds of one of so many."""
    start = time.process_time()
    run()
    return (time.process_time() - start) / times * 1e6


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--examples", type=int, default=5_000)
    options.add_argument("--rounds", type=int, default=7)
    chosen = options.parse_args()
    print(measure(chosen.examples, chosen.rounds).table())


if __name__ == "__main__":
    main()
