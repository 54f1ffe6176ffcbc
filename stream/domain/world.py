"""What a shard knows beside its customers: the staff, what customers are worth, how fast warnings come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stream.domain.quantile import Quantile
from stream.domain.staff import StaffBook
from stream.domain.storm import Storms


@dataclass
class World:
    """One for each shard; it changes with what the shard reads, between two events."""

    staff: StaffBook = field(default_factory=StaffBook)
    top_value: Quantile = field(default_factory=lambda: Quantile(0.8))  # of customers' yearly worth, minor units
    storms: Storms = field(default_factory=Storms)

    def dump(self) -> dict[str, Any]:
        """Return what a restart must not lose, as plain JSON; the staff is read anew from its topic."""
        return {"top_value": self.top_value.dump(), "storms": self.storms.dump()}

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> World:
        """Return the world that `dump` described; what an older build did not keep begins anew.

        Raises:
            ValueError: that is no dump.
        """
        world = cls()
        if "top_value" in dumped:
            world.top_value = Quantile.load(dumped["top_value"])
        if "storms" in dumped:
            world.storms = Storms.load(dumped["storms"])
        return world


EMPTY = World()
"""Nobody and nothing: for a judgement that needs no world. Never changed."""
