"""What a shard knows beside its customers: the staff, what customers are worth, how fast warnings come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from stream.domain.quantile import Quantile
from stream.domain.staff import StaffBook
from stream.domain.storm import StormLimits, Storms


@dataclass
class World:
    """One for each shard; it changes with what the shard reads, and with what one step after another teaches it."""

    staff: StaffBook = field(default_factory=StaffBook)
    top_value: Quantile = field(default_factory=lambda: Quantile(0.8))  # of customers' yearly worth, minor units
    storms: Storms = field(default_factory=Storms)
    _lessons: list[Callable[[], None]] = field(default_factory=list, repr=False, compare=False)  # how to undo each

    def learn_worth(self, value: int) -> None:
        """Count what one more customer is worth a year, minor units."""
        self._lessons.append(partial(setattr, self, "top_value", self.top_value.copy()))
        self.top_value.add(value)

    def learn_warning(self, kind: str, time: int, limits: StormLimits) -> int:
        """Count a warning that opens at `time`, epoch ms; return since when it storms, 0 = it does not."""
        self._lessons.append(partial(self.storms.restore, kind, self.storms.rate(kind)))
        return self.storms.take(kind, time, limits)

    def settle(self) -> None:
        """Keep what was learnt for good: the step that taught it has come to its end."""
        if self._lessons:
            self._lessons.clear()

    def unlearn(self) -> None:
        """Forget what was learnt since the last `settle`: the step that taught it has failed."""
        while self._lessons:
            self._lessons.pop()()

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
