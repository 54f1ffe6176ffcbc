"""What a judgement (score and reasons) and an example cost, by expert, and how large a snapshot of it is.

    python -m tests.benchmarks.scoring --help

Vectors of as many figures as the feature set has, a tenth of them missing, with a label that is far from linear.
CPU time (not the wall's, which others share), the median of interleaved rounds, and as a ratio to river's own
`predict_proba_one` of an adaptive random forest in the same rounds: the figure to compare between machines. An expert's
line is what a snapshot of it alone costs; the stack's is all of them, as a shard scores.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from models.experts import EXPERTS, Setup, build
from models.experts.base import Expert, Vector
from models.experts.booster import Booster
from models.experts.retained import Retained
from models.features.sets import FEATURES, NAMES, VERSION
from models.scoring.reasons import reasons
from models.scoring.scorer import Scorer
from models.snapshot import SCHEMA, STACK, Grades, Snapshot, Span, Stack, encode
from models.snapshot import Expert as Published

PEER = "river ARF predict"


@dataclass
class Costs:
    """CPU microseconds by what ran; bytes by what was published. `told` are scores with three reasons in words."""

    learn: dict[str, float] = field(default_factory=dict)
    score: dict[str, list[float]] = field(default_factory=dict)
    contributions: dict[str, list[float]] = field(default_factory=dict)
    told: dict[str, list[float]] = field(default_factory=dict)
    size: dict[str, int] = field(default_factory=dict)
    fit_s: float = 0.0
    ready_ms: float = 0.0
    ready_bytes: int = 0

    def table(self) -> str:
        """Return a table."""
        peer = statistics.median(self.score[PEER])
        lines = [f"{'us':<20}{'learn':>8}{'score':>8}{'of peer':>9}{'+ shares':>10}{'+ words':>9}{'bytes':>10}"]
        for name, runs in self.score.items():
            score = statistics.median(runs)
            learn = f"{self.learn[name]:.0f}" if name in self.learn else ""
            more = [
                f"{statistics.median(by[name]):.1f}" if name in by else "" for by in (self.contributions, self.told)
            ]
            size = f"{self.size[name]:,}" if name in self.size else ""
            lines.append(f"{name:<20}{learn:>8}{score:>8.1f}{score / peer:>9.1%}{more[0]:>10}{more[1]:>9}{size:>10}")
        ready = f"a snapshot made ready in {self.ready_ms:.1f} ms, {self.ready_bytes / 1e6:.1f} MB"
        return "\n".join([*lines, f"one fit of both boosters {self.fit_s:.1f} s; {ready}"])


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
    costs = Costs()
    experts = trained(examples, costs)
    ready(costs, snapshot := published(experts))
    costs.size = {name: len(encode(published({name: expert}))) for name, expert in experts.items()}
    costs.size[STACK] = len(encode(snapshot))
    probe = rows(200, 3)
    runs = {name: Scorer(published({name: expert}), name) for name, expert in experts.items()} | {
        STACK: Scorer(snapshot)
    }
    forest, absent = experts["forest"]._forest, [{i: v for i, v in enumerate(x) if v is not None} for x in probe]
    for _ in range(rounds):
        for name, scorer in runs.items():
            note(costs.score, name, scorer.judge, probe)
            note(costs.contributions, name, lambda x, by=scorer: by.judge(x).contributions(), probe)
            note(costs.told, name, lambda x, by=scorer: told(by, x), probe)
        note(costs.score, PEER, forest.predict_proba_one, absent)
    return costs


def trained(examples: int, costs: Costs) -> dict[str, Expert]:
    """Return every expert after so many examples, and note what that cost."""
    experts, rng = build(EXPERTS, Setup(NAMES, seed=7)), random.Random(2)
    known = rows(examples, 1)
    labels = [label(rng, x) for x in known]
    for name, expert in experts.items():
        costs.learn[name] = spent(lambda e=expert: [*map(e.learn, known, labels)], examples)
    ring = Retained(len(NAMES), examples)
    for x, y in zip(known, labels, strict=True):
        ring.keep(x, y)
    for expert in experts.values():
        if isinstance(expert, Booster):
            costs.fit_s += spent(lambda booster=expert: booster.adopt(booster.fit(ring)), 1) / 1e6
    return experts


def told(scorer: Scorer, x: Vector) -> list[tuple[str, str]]:
    """Return three reasons for a score, in words."""
    return [(one.zh, one.en) for one in reasons(scorer.judge(x).contributions(), x, FEATURES, 3)]


def ready(costs: Costs, snapshot: Snapshot) -> None:
    """Make a snapshot ready ten times, then once more to see what it holds."""
    costs.ready_ms = spent(lambda: [Scorer(snapshot) for _ in range(10)], 10) / 1e3
    tracemalloc.start()
    kept = Scorer(snapshot)
    costs.ready_bytes = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept.snapshot is snapshot


def published(experts: dict[str, Expert]) -> Snapshot:
    """Return a snapshot of these experts, the stack its champion."""
    forms = {name: Published(expert.form(), 1.0, 0.0) for name, expert in experts.items()}
    stack = Stack(0.0, dict.fromkeys(forms, 1 / len(forms)))
    grades, span = Grades(0.3, 0.8), Span(0, 0, 0, 0)
    return Snapshot(SCHEMA, "v", 1, 0, VERSION, list(NAMES), STACK, forms, stack, grades, span, {})


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
