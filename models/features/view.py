"""One customer at one moment: what several features need, computed once, in as few passes as there are rings.

A view reads the state and never changes it. Ages are measured from `time`, not from the newest event; the business day
and the week of `time` are partial, and count.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import ceil
from operator import mul
from typing import Any, Generic, TypeVar, overload

from models.features.lifetime import CDNOW, STEADY, mbg_nbd
from stream.domain import holdings
from stream.domain.business import DAY_MS, Business
from stream.domain.ring import Ring
from stream.domain.state import ACTS, DAYS, ELSEWHERE, REST, SPEND, SUM_IN, USAGE, Bucket, State

HALF_LIVES = (30, 90, 180)
"""Days after which an act weighs half in the weighted activity."""

HIGH = 0.9
"""The quantile of a customer's own gaps that counts as a long one."""

_WEEKS = 53
_DAYS = 730
_DAILY = tuple(tuple(0.5 ** (day / half) for day in range(_DAYS)) for half in HALF_LIVES[1:])
_DECAYS = tuple(tuple(0.5 ** ((7 * week + 3) / half) for week in range(_WEEKS)) for half in HALF_LIVES)

T = TypeVar("T")


class lazy(Generic[T]):  # noqa: N801 (reads as `property` does)
    """A figure computed when it is first asked for; `functools.cached_property` takes a lock, which costs more."""

    def __init__(self, ask: Callable[[Any], T]) -> None:
        self._ask, self._name, self.__doc__ = ask, ask.__name__, ask.__doc__

    @overload
    def __get__(self, view: None, owner: type) -> lazy[T]: ...
    @overload
    def __get__(self, view: object, owner: type) -> T: ...
    def __get__(self, view: object | None, owner: type) -> lazy[T] | T:
        """Compute the figure; from then on it stands in the view's own dictionary."""
        if view is None:
            return self
        value = view.__dict__[self._name] = self._ask(view)
        return value


class Sums:
    """What the buckets of some time add up to: acts, how many buckets had any, and money in minor units."""

    __slots__ = ("active", "acts", "came_in", "elsewhere", "out", "spend")

    def __init__(self, buckets: list[Bucket], later: Sums | None = None) -> None:
        """Add the buckets up, and to them the sums of the time after theirs."""
        acts, active, came_in, out, spend, elsewhere = later.all() if later is not None else (0, 0, 0, 0, 0, 0)
        if buckets:
            columns = list(zip(*buckets, strict=False))  # usage, which not all have, is left out
            acts += sum(columns[ACTS])
            active += len(buckets) - columns[ACTS].count(0)
            came_in += sum(columns[SUM_IN])
            spent, gone = sum(columns[SPEND]), sum(columns[ELSEWHERE])
            out += sum(columns[REST]) + spent + gone
            spend += spent
            elsewhere += gone
        self.acts, self.active, self.came_in = acts, active, came_in
        self.out, self.spend, self.elsewhere = out, spend, elsewhere

    def all(self) -> tuple[int, int, int, int, int, int]:
        """Return acts, active buckets, money in, out, spend, elsewhere."""
        return self.acts, self.active, self.came_in, self.out, self.spend, self.elsewhere


class View:
    """Made for one call of `vector` and dropped; see the module."""

    def __init__(self, state: State, time: int, business: Business) -> None:
        """`time`: the cut-off, epoch ms; the state holds nothing after it."""
        self.state, self.time, self.business = state, time, business
        self.today = today = business.day(time)
        self._days = days = _aligned(state.days, today)
        self._weeks = weeks = _aligned(state.weeks, business.week(today))[:_WEEKS]
        self.last_7 = Sums(_filled(days[:7]))
        self.last_30 = Sums(_filled(days[7:30]), self.last_7)
        self.last_90 = Sums(_filled(days[30:90]), self.last_30)
        self.last_180 = Sums(_filled(weeks[:26]))
        self.last_365 = Sums(_filled(weeks[26:]), self.last_180)
        self.acts_by_week = [bucket[ACTS] if bucket else 0 for bucket in weeks]
        self.widest = max([len(bucket) for bucket in weeks if bucket], default=0)
        acted = state.acted_at
        self.recency = max(0.0, (time - acted) / DAY_MS) if acted else None
        first = state.acted_first or state.first_seen
        self.tenure = max(0.0, (time - first) / DAY_MS) if first else None
        self.gaps = gaps = sorted([later - day for day, later in pairwise(state.active_days)])
        self.mean_gap = sum(gaps) / len(gaps) if gaps else None
        self.gap_high = gaps[ceil(HIGH * len(gaps)) - 1] if gaps else None

    def age(self, time: int) -> float:
        """Return how long ago a moment (epoch ms) was, days; one that lies ahead is now."""
        age = (self.time - time) / DAY_MS
        return age if age > 0 else 0.0

    @lazy
    def alive(self) -> tuple[float, float, float, float] | None:
        """Log odds of being there and of a silent quarter, for both clienteles of `lifetime`; missing without an act.

        By active days, of those kept: then both frequency and age count from the first of them.
        """
        days = self.state.active_days
        if not days or self.recency is None:
            return None
        age = max(1.0, (self.time - self.business.day_start(days[0])) / DAY_MS)
        last = max(0.0, age - self.recency)
        return mbg_nbd(CDNOW, len(days) - 1, last, age) + mbg_nbd(STEADY, len(days) - 1, last, age)

    @lazy
    def quarters(self) -> tuple[Sums, Sums]:
        """The last three complete months, and the three before them."""
        return Sums(_filled(self._months[1:4])), Sums(_filled(self._months[4:7]))

    @lazy
    def active_months(self) -> int:
        """How many of the last twelve months, this one included, had an act."""
        return len([bucket for bucket in self._months if bucket and bucket[ACTS]])

    @lazy
    def _months(self) -> list[Bucket | None]:
        return _aligned(self.state.months, self.business.month(self.today))[:12]

    @lazy
    def weighted_acts(self) -> list[float]:
        """Acts that weigh less the longer ago they were, for each of `HALF_LIVES`."""
        acts = self.acts_by_week
        return [sum(map(mul, acts, decay)) for decay in _DECAYS]

    @lazy
    def weighted_days(self) -> list[float]:
        """The same of the days with an act, of those kept."""
        today, oldest = self.today, _DAYS - 1
        ages = [min(max(0, today - day), oldest) for day in self.state.active_days]
        return [sum([decay[age] for age in ages]) for decay in _DAILY]

    def used(self, place: int, first: int, until: int) -> int:
        """Return the usage at a place of the bucket (thousandths), `first` to `until` - 1 days before today."""
        return _used(self._days[first:until], place) if place < self.widest else 0

    @lazy
    def used_in_year(self) -> list[int]:
        """Usage of the last 53 weeks by place in the bucket from `USAGE` on, thousandths."""
        return [_used(self._weeks, place) for place in range(USAGE, self.widest)]

    @lazy
    def holdings(self) -> int | None:
        """Holdings now, minor units; missing where neither account nor product is known."""
        state = self.state
        return holdings.current(state, self.today) if state.accounts or state.products else None

    @lazy
    def closings(self) -> list[int]:
        """Closing holdings of up to `DAYS` days, the oldest first, minor units; empty where no balance is known."""
        if not self.state.accounts:
            return []
        return holdings.closings(self.state, self.today - DAYS + 1, self.today)

    @lazy
    def mean_closing(self) -> float:
        """Mean of the closings, minor units; 0 where there are none."""
        return sum(self.closings) / len(self.closings) if self.closings else 0.0

    @lazy
    def service_events(self) -> dict[str, list[int]]:
        """Kept times (epoch ms) of the service events by type, whatever their cause, in no order."""
        found: dict[str, list[int]] = {}
        for name, times in self.state.recent.items():
            found.setdefault(name.partition("/")[0], []).extend(times)
        return found


def _aligned(ring: Ring[Bucket], last: int) -> list[Bucket | None]:
    """Return the places of a ring from `last` back: the first is `last`'s own."""
    ahead = ring.newest - last
    if ahead == 0 or not ring.items:
        return ring.items
    if ahead > 0:
        return ring.items[ahead:]
    empty: list[Bucket | None] = [None] * min(-ahead, DAYS)
    return empty + ring.items


def _filled(places: list[Bucket | None]) -> list[Bucket]:
    return [bucket for bucket in places if bucket]


def _used(places: list[Bucket | None], place: int) -> int:
    return sum([bucket[place] for bucket in places if bucket and len(bucket) > place])
