"""One customer at one moment: what several features need, computed once, in as few passes as there are rings.

A view reads the state and never changes it. Ages are measured from `time`, not from the newest event; the business day
and the week of `time` are partial, and count.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from operator import mul

from stream.domain import holdings
from stream.domain.business import DAY_MS, Business
from stream.domain.ring import Ring
from stream.domain.state import ACTS, DAYS, ELSEWHERE, REST, SPEND, SUM_IN, UNITS, USAGE, WEEKS, Bucket, State

HALF_LIVES = (30, 90, 180)
"""Days after which an act weighs half in the weighted activity."""

_DECAYS = tuple(tuple(0.5 ** ((7 * week + 3) / half) for week in range(WEEKS)) for half in HALF_LIVES)
_POINTS = USAGE + UNITS["point"]
_NOTHING = (0, 0, 0, 0, 0)


class Sums:
    """What the buckets of some time add up to: acts, how many buckets had any, and money in minor units."""

    __slots__ = ("active", "acts", "came_in", "elsewhere", "out", "spend")
    active: int
    acts: int
    came_in: int
    elsewhere: int
    out: int
    spend: int

    def __init__(self, buckets: list[Bucket]) -> None:
        if buckets:
            columns = list(zip(*buckets, strict=False))  # usage, which not all have, is left out
            acts = columns[ACTS]
            self.active = len(acts) - acts.count(0)
            self.acts = sum(acts)
            self.came_in, self.spend, self.elsewhere = (
                sum(columns[SUM_IN]),
                sum(columns[SPEND]),
                sum(columns[ELSEWHERE]),
            )
            self.out = sum(columns[REST]) + self.spend + self.elsewhere
        else:
            self.active = self.acts = self.came_in = self.spend = self.elsewhere = self.out = 0


class View:
    """Made for one call of `vector` and dropped; see the module."""

    def __init__(self, state: State, time: int, business: Business) -> None:
        """`time`: the cut-off, epoch ms; the state holds nothing after it."""
        self.state, self.time, self.business = state, time, business
        self.today = today = business.day(time)
        days = state.days
        self.last_7 = Sums(_span(days, today, 0, 7))
        self.last_30 = Sums(_span(days, today, 0, 30))
        self.last_90 = Sums(_span(days, today, 0, 90))
        self.week = week = business.week(today)
        self.weeks = weeks = _span(state.weeks, week, 0, WEEKS - 1)
        self.last_180 = Sums(_span(state.weeks, week, 0, 26))
        self.last_365 = Sums(weeks)
        self.recency = max(0.0, (time - state.acted_at) / DAY_MS) if state.acted_at else None
        first = state.acted_first or state.first_seen
        self.tenure = max(0.0, (time - first) / DAY_MS) if first else None
        active = state.active_days
        self.since_active = max(0, today - active[-1]) if active else None
        self.gaps = gaps = sorted([later - day for day, later in pairwise(active)])
        self.mean_gap = sum(gaps) / len(gaps) if gaps else None

    def age(self, time: int) -> float:
        """Return how long ago a moment (epoch ms) was, days; one that lies ahead is now."""
        return max(0.0, (self.time - time) / DAY_MS)

    def acts_of_weeks(self, back: int, until: int) -> int:
        """Return the acts of the weeks `back` to `until` - 1 weeks before this one."""
        return sum([bucket[ACTS] for bucket in _span(self.state.weeks, self.week, back, until)])

    @cached_property
    def months(self) -> list[Bucket]:
        """The buckets of the last twelve months, this one included, the newest first; empty where nothing happened."""
        month, ring = self.business.month(self.today), self.state.months
        return [ring.get(month - back) or [*_NOTHING] for back in range(12)]

    @cached_property
    def weighted_acts(self) -> tuple[float, ...]:
        """Acts that weigh less the longer ago they were, for each of `HALF_LIVES`."""
        ring = self.state.weeks
        skipped = ring.newest - self.week
        acts = [bucket[ACTS] if bucket else 0 for bucket in ring.items[max(0, skipped) :]]
        late = max(0, -skipped)
        return tuple(sum(map(mul, acts, decay[late:])) for decay in _DECAYS)

    def used(self, place: int, first: int, until: int) -> int:
        """Return the usage of one unit (thousandths) on the days `first` to `until` - 1 days before today."""
        return sum([b[place] for b in _span(self.state.days, self.today, first, until) if len(b) > place])

    def used_weeks(self, place: int, first: int, until: int) -> int:
        """Return the same by weeks before this one."""
        return sum([b[place] for b in _span(self.state.weeks, self.week, first, until) if len(b) > place])

    @cached_property
    def closings(self) -> list[int]:
        """Closing holdings of up to `DAYS` days, the oldest first, minor units; empty where no balance is known."""
        if not self.state.accounts:
            return []
        return holdings.closings(self.state, self.today - DAYS + 1, self.today)


def _span(ring: Ring[Bucket], last: int, first: int, until: int) -> list[Bucket]:
    """Return the buckets that are `first` to `until` - 1 places before `last`, without the empty places."""
    skipped = ring.newest - last
    return [bucket for bucket in ring.items[max(0, skipped + first) : max(0, skipped + until)] if bucket]
