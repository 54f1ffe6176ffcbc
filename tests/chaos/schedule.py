"""What a seed stands for: a deployment, what it is fed, and what happens to it when."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass

from chaos.faults import registry
from chaos.feed import sources

_LEAST, _MOST = 3, 5


@dataclass(frozen=True)
class Strike:
    """A fault, when that share of the lines has been taken."""

    share: float
    fault: str


@dataclass(frozen=True)
class Schedule:
    """Everything that a seed decides."""

    seed: int
    workers: int
    brokers: int
    static: bool
    source: str
    postgresql: bool
    mounted: bool
    events: int
    rate: float
    strikes: tuple[Strike, ...]

    @property
    def faults(self) -> str:
        """Their names in order, for the table."""
        return ", ".join(strike.fault for strike in self.strikes)


def draw(seed: int, faults: Sequence[str] | None = None, events: int = 4500) -> Schedule:
    """Return the schedule of a seed: the same one wherever mounting is allowed and the real data are there.

    `faults`: these, in this order, in place of drawn ones; `events`: about so many.
    """
    rng = random.Random(f"schedule-{seed}")
    known = {name: each for name, each in registry.discover().items() if not each.root or os.geteuid() == 0}
    names = list(faults or rng.sample(list(known), rng.randint(_LEAST, min(_MOST, len(known)))))
    brokers = max(known[name].brokers for name in names)
    shares = sorted(rng.uniform(0.08, 0.85) for _ in names)
    return Schedule(
        seed=seed,
        workers=rng.choice((2, 2, 3)),
        brokers=brokers,
        static=rng.random() < 0.5,
        source=rng.choice(sources()),
        postgresql=any(known[name].postgresql for name in names) or rng.random() < 0.15,
        mounted=any(known[name].root for name in names),
        events=events,
        rate=300,
        strikes=tuple(map(Strike, shares, names)),
    )
