"""Experts that have learned something, and snapshots of them."""

from __future__ import annotations

import random

import msgspec

from models.experts import EXPERTS, Setup, build
from models.experts.retained import Retained
from models.refits import Refitted
from models.snapshot import SCHEMA, STACK, Expert, Grades, Quality, Snapshot, Span, Stack

NAMES = tuple(f"figure_{number}" for number in range(8))
SETUP = Setup(NAMES, seed=5)


def row(rng, missing=0.15):
    """Return a vector with wild tails, ties, a constant and a figure that nobody has."""
    x = [round(rng.gauss(0, 3), 4), float(rng.randrange(4)), round(rng.lognormvariate(3, 2), 4)]
    x += [round(rng.uniform(-1, 1), 4), 1.0, None, round(rng.gauss(100, 1), 4), float(rng.random() < 0.1)]
    return [None if rng.random() < missing else value for value in x]


def label(rng, x):
    return int((x[0] or 0.0) + 4 * abs(x[3] or 0.0) - 2 + (1.5 if x[2] is None else 0) + rng.gauss(0, 1) > 0)


def examples(count, seed):
    rng = random.Random(seed)
    rows = [row(rng) for _ in range(count)]
    return [(x, label(rng, x), 1.0 + rng.random() * 4) for x in rows]


def retained(known):
    ring = Retained(len(NAMES), 2_000)
    for x, y, _ in known:
        ring.keep(x, y)
    return ring


def refit(expert, known):
    """Fit an expert to what is known, if it is one that learns so, and return it."""
    if isinstance(expert, Refitted):
        fitted = expert.fit(retained(known))
        if fitted is not None:
            expert.adopt(fitted)
    return expert


def learned(count=600, seed=1, names=tuple(EXPERTS)):
    """Return experts by name after so many examples, the boosters fitted half-way."""
    experts = build(names, SETUP)
    known = examples(count, seed)
    for number, (x, y, weight) in enumerate(known, 1):
        for expert in experts.values():
            expert.learn(x, y, weight)
            if number == count // 2:
                refit(expert, known[:number])
    return experts


def snapshot(experts, champion=STACK, **changes):
    published = {name: Expert(expert.form(), 0.9, -0.1) for name, expert in experts.items()}
    whole = Snapshot(
        schema=SCHEMA,
        version="m-7",
        sequence=7,
        made_at=1_700_000_000_000,
        feature_set=3,
        features=list(NAMES),
        champion=champion,
        experts=published,
        stack=Stack(0.05, dict.fromkeys(published, 1 / len(published))),
        grades=Grades(0.3, 0.8),
        span=Span(600, 200, 1, 2),
        quality={name: Quality(600, 0.3, 0.8) for name in published},
        deciles={NAMES[0]: [-3.0, 0.0, 3.0]},
    )
    return msgspec.structs.replace(whole, **changes)
