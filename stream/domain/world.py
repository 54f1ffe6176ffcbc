"""What a shard knows beside its customers: the staff, what customers are worth, how fast warnings come."""

from __future__ import annotations

from dataclasses import dataclass, field

from stream.domain.quantile import Quantile
from stream.domain.staff import StaffBook
from stream.domain.storm import Storms


@dataclass
class World:
    """One for each shard; it changes with what the shard reads, between two events."""

    staff: StaffBook = field(default_factory=StaffBook)
    top_value: Quantile = field(default_factory=lambda: Quantile(0.8))  # of customers' yearly worth, minor units
    storms: Storms = field(default_factory=Storms)


EMPTY = World()
"""Nobody and nothing: for a judgement that needs no world. Never changed."""
