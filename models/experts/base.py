"""An expert: one way of learning who leaves, from each example once, that can be published as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from msgspec import Struct

from models.snapshot import Forest, Linear

Vector = Sequence[float | None]
"""Figures in the order of the feature set; `None` = missing, never a zero."""


@runtime_checkable
class Expert(Protocol):
    """Learns online. Its own score and that of its published form are the same number (a property test holds it).

    Deterministic: the same examples in the same order give the same form. Picklable, for the checkpoint.
    """

    def score(self, x: Vector) -> float:
        """Return the chance of leaving, 0 to 1, uncalibrated. Without examples it is 0.5; never NaN."""
        ...

    def learn(self, x: Vector, label: int, weight: float = 1.0) -> None:
        """Take one example: label 1 = left of their own accord; `weight` > 0 counts it as so many."""
        ...

    def form(self) -> Linear | Forest:
        """Return what is published: data that `models.scoring` evaluates."""
        ...


class Setup(Struct, frozen=True):
    """What experts are built with: the feature names in order, and the seed."""

    features: tuple[str, ...]
    seed: int = 7
