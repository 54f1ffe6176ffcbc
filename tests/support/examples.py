"""Training examples of towns that are made up: who leaves follows a formula, so that what can be learned is known."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from models.example import Example

DAY = 86_400_000
Chance = Callable[[Sequence[float]], float]


def sloping(x: Sequence[float]) -> float:
    """The log-odds of a town where two figures tell, straight."""
    return -1.5 + 1.2 * x[0] - 0.8 * x[1]


def crossing(x: Sequence[float]) -> float:
    """The log-odds of a town where two figures tell only together."""
    return -1.0 + (2.0 if x[0] * x[1] > 0 else -2.0)


def example(number: int, features: Sequence[float | None], label: int, **more: Any) -> Example:
    """Return an example of a customer of its own; ten minutes lie between two cut-offs, 90 days before the label."""
    cutoff = number * 600_000
    fields: dict[str, Any] = {
        "event_id": f"e{number:07d}",
        "customer_id": f"c{number}",
        "cutoff": cutoff,
        "known_at": cutoff + 90 * DAY,
        "label": label,
        "outcome": "left" if label else "stayed",
        "learn": True,
        "feature_set": 1,
        "features": list(features),
    }
    return Example(**(fields | more))


def town(count: int, *, width: int = 6, seed: int = 1, start: int = 0, logit: Chance = sloping) -> list[Example]:
    """Return examples of a town; one figure in ten is missing where it tells nothing."""
    dice = random.Random(seed)
    found = []
    for number in range(start, start + count):
        x: list[float | None] = [round(dice.gauss(0, 1), 4) for _ in range(width)]
        label = int(dice.random() < 1 / (1 + math.exp(-logit(x))))  # type: ignore[arg-type]
        if dice.random() < 0.1:
            x[-1] = None
        found.append(example(number, x, label, groups={"class": "abc"[number % 3]}))
    return found


def names(width: int = 6) -> list[str]:
    """Return names for the features of a town."""
    return [f"f{number}" for number in range(width)]
