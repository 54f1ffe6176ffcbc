"""Bursts of one kind of warning above what the shard usually sees in its busiest hour."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy

from msgspec import Struct

from stream.domain.business import DAY_MS, HOUR_MS

HALF_LIFE_DAYS = 31
"""How fast the busiest hour is forgotten: a month, because some rules speak on the first day of a month only."""

_FADE = 0.5 ** (1 / HALF_LIFE_DAYS)


class StormLimits(Struct, frozen=True):
    """A storm: at least `at_least` warnings of a kind within an hour, and `factor` times the busiest usual hour."""

    at_least: int = 20
    factor: float = 3.0


class Rate(Struct, array_like=True):
    """One kind's warnings. `hour` and `day` are numbers since 1970 (UTC), `since` is epoch ms, 0 = no storm."""

    hour: int
    day: int
    count: int = 0  # of this hour
    before: int = 0  # of the hour before
    peak: float = 0.0  # the day's highest rate, an hour's worth, as far as it counts
    usual: float = 0.0  # the busiest usual hour, fading
    since: int = 0


class Storms:
    """The rate of each kind in one shard, in event time: a sliding hour against a fading peak.

    The peak and not the mean is what is usual, because rules that judge at the end of a day speak all at once every
    night. A burst counts towards it only up to the limit it broke, so that one storm does not hide the next, and what
    comes back week after week is usual in the end. The sliding hour is the counter of Cloudflare's rate
    limiting (2017): this hour's count and the share of the last hour's that the window still covers.
    """

    __slots__ = ("_rates",)

    def __init__(self) -> None:
        """Nothing has been seen yet."""
        self._rates: dict[str, Rate] = {}

    def take(self, kind: str, time: int, limits: StormLimits) -> int:
        """Count one warning at `time` (epoch ms; a late one counts now); return since when it storms, 0 = it does not.

        The first warnings of a burst are out before it can be known as one: they are not marked.
        """
        rate = self._rates.get(kind)
        if rate is None:
            rate = self._rates[kind] = Rate(time // HOUR_MS, time // DAY_MS)
        elif time // HOUR_MS > rate.hour:
            self._turn(rate, time)
        rate.count += 1
        limit = max(float(limits.at_least), limits.factor * rate.usual)
        passed = max(0, time - rate.hour * HOUR_MS) / HOUR_MS
        now = rate.count + rate.before * max(0.0, 1 - passed)
        rate.peak = max(rate.peak, min(now, limit))
        if now < limit:
            if rate.since and time - rate.since >= HOUR_MS:
                rate.since = 0
        elif not rate.since:
            rate.since = time
        return rate.since

    def rate(self, kind: str) -> Rate | None:
        """Return a copy of what is known of a kind; `None` before its first warning."""
        return copy(self._rates.get(kind))

    def restore(self, kind: str, rate: Rate | None) -> None:
        """Go back to what `rate` told."""
        if rate is None:
            self._rates.pop(kind, None)
        else:
            self._rates[kind] = rate

    def divided(self, parts: int) -> Storms:
        """Return what each of `parts` shards would have counted, had they shared the customers of this one."""
        share = Storms()
        for kind, r in self._rates.items():
            counts = r.count // parts, r.before // parts, r.peak / parts, r.usual / parts
            share._rates[kind] = Rate(r.hour, r.day, *counts, since=r.since)
        return share

    @staticmethod
    def _turn(rate: Rate, time: int) -> None:
        """Go on to a later hour, and to a later day where it is one."""
        hour, day = time // HOUR_MS, time // DAY_MS
        rate.before = rate.count if hour == rate.hour + 1 else 0
        if hour > rate.hour + 1:
            rate.since = 0  # an hour without any
        rate.count, rate.hour = 0, hour
        if day > rate.day:
            faded = rate.usual * _FADE
            rate.usual = max(faded, rate.peak) * _FADE ** min(day - rate.day - 1, 1000)
            rate.day, rate.peak = day, 0.0

    def dump(self) -> dict[str, list[float]]:
        """Return everything as plain numbers: kind -> hour, day, count, before, peak, usual, since."""
        return {kind: [r.hour, r.day, r.count, r.before, r.peak, r.usual, r.since] for kind, r in self._rates.items()}

    @classmethod
    def load(cls, dumped: Mapping[str, list[float]]) -> Storms:
        """Return what `dump` described; it goes on as if it had never been away.

        Raises:
            ValueError: that is no dump of storms.
        """
        loaded = cls()
        for kind, numbers in dumped.items():
            if len(numbers) != len(Rate.__struct_fields__):
                raise ValueError(f"not a dumped rate of {kind}: {len(numbers)} numbers")
            hour, day, count, before, peak, usual, since = numbers
            loaded._rates[kind] = Rate(int(hour), int(day), int(count), int(before), peak, usual, int(since))
        return loaded
