"""One customer's life, day by day: what was planned, what habit does, and what it looks like from outside."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from stream.simulate.clock import Clock, rfc3339
from stream.simulate.drift import Drifts
from stream.simulate.params import Params
from stream.simulate.population import Profile, record, stream_of
from stream.simulate.truth import Truth

HOUR = 3600
DAY = 24 * HOUR
Action = Callable[[int], None]
"""Something to do at an epoch second."""


class Happened(NamedTuple):
    """One event before it is on its way: when (epoch second), where, and its fields."""

    second: int
    topic: str
    value: dict[str, Any]


class Life:
    """What bank and phone customers share; `habits` is theirs. Days are the clock's, `second` is of the day."""

    def __init__(self, profile: Profile, clock: Clock, params: Params, drifts: Drifts, seed: int) -> None:
        self.profile = profile
        self.clock = clock
        self.params = params
        self.drifts = drifts
        self.seed = seed
        self.truth = Truth(profile.customer_id)
        self.tier = profile.tier
        self.products: dict[str, dict[str, Any]] = {}
        self.first_day = max(0, profile.joined)
        self.gone = False
        self._random = stream_of(seed, profile.number, "habits")
        self._agenda: dict[int, list[tuple[int, Action]]] = {}
        self._effects: list[tuple[int, int, str, float]] = []
        self._out: list[Happened] = []
        self._count = 0
        self.plan(self.first_day, 0, self.arrive)  # before anything else happens

    def stream(self, *path: object) -> Random:
        """Return a random stream of this customer's own."""
        return stream_of(self.seed, self.profile.number, *path)

    def plan(self, day: int, second: int, action: Action) -> None:
        """Do `action` on `day` at `second`; planned before the customer is there, it is forgotten."""
        if day >= self.first_day:
            self._agenda.setdefault(day, []).append((second, action))

    def plan_event(self, day: int, second: int, topic: str, **fields: Any) -> None:
        """Plan one event whose fields are known already."""
        self.plan(day, second, lambda now: self.emit(now, topic, **fields))

    def effect(self, name: str, first: int, last: int, factor: float) -> None:
        """Multiply the habit `name` by `factor` from day `first` to before day `last`."""
        self._effects.append((first, last, name, factor))

    def factor(self, name: str, day: int) -> float:
        """Return what the habit `name` is multiplied by on `day`."""
        product = 1.0
        for first, last, known, factor in self._effects:
            if known == name and first <= day < last:
                product *= factor
        return product

    def precursor(self, kind: str, day: int, second: int = 0) -> None:
        """Note in the truth, when the time comes, that a sign of leaving was planted."""
        self.plan(day, second, lambda now: self.truth.precursors.append((kind, now)))

    def lookalike(self, kind: str, day: int, second: int = 0) -> None:
        """Note in the truth, when the time comes, something that only looks like one."""
        self.plan(day, second, lambda now: self.truth.lookalikes.append((kind, now)))

    def emit(self, now: int, topic: str, **fields: Any) -> None:
        """Let an event happen at epoch second `now`."""
        self._count += 1
        value = {
            "event_id": f"sim{self.seed}-{self.profile.customer_id}-{self._count}",
            "customer_id": self.profile.customer_id,
            "time": rfc3339(now),
            **fields,
        }
        self._out.append(Happened(now, topic, value))

    def live(self, day: int) -> list[Happened]:
        """Live one day and return what happened, in order. To be called for every day, in order."""
        if self.gone or day < self.first_day:
            return []
        begins = self.clock.begins(day)
        actions = self._agenda.pop(day, [])
        actions.extend(self.habits(day))
        actions.sort(key=lambda entry: entry[0])
        for second, action in actions:
            if not self.gone:
                action(begins + second)
        out, self._out = self._out, []
        return out

    def habits(self, day: int) -> list[tuple[int, Action]]:
        """Return the day's ordinary doings, in no order."""
        raise NotImplementedError

    def arrive(self, now: int) -> None:
        """Become known: the profile, at the start or on joining."""
        self.tell_profile(now)

    def leave(self, now: int) -> None:
        """End the relation in the open: close or port out."""
        raise NotImplementedError

    def vanish(self, now: int) -> None:
        """End without a word."""
        self.truth.left_at = now
        self.gone = True

    def tell_profile(self, now: int) -> None:
        """Send the profile as it stands."""
        fields = record(self.profile, self.tier, list(self.products.values()), self.clock)
        self.emit(now, "customers", **fields)

    def change_tier(self, now: int, tier: str) -> None:
        """Move to another tier."""
        if tier != self.tier:
            change = {"from": self.tier, "to": tier}
            self.emit(now, "service-events", type="tier_changed", change=change)
            self.tier = tier
            self.tell_profile(now)


def poisson(random: Random, mean: float) -> int:
    """Draw a small count."""
    limit, count, product = math.exp(-mean), 0, random.random()
    while product > limit:
        count += 1
        product *= random.random()
    return count


def around(random: Random, median: float, spread: float = 0.7) -> float:
    """Draw from a log-normal with this median."""
    return median * math.exp(random.gauss(0, spread))


def office_second(random: Random) -> int:
    """Draw a second between 09:00 and 17:00."""
    return random.randrange(9 * HOUR, 17 * HOUR)


def waking_second(random: Random) -> int:
    """Draw a second between 08:00 and 22:00, most in the middle of the day."""
    return int(random.triangular(8 * HOUR, 22 * HOUR, 15 * HOUR))
