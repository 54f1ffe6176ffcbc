"""Quiet hours: when only the critical disturbs, by a person's own clocks. Pure.

Quiet hours are stretches between two moments, so that a change of the clocks neither opens a hole in them nor doubles
their end: where the clocks go back, a stretch begins with the first and ends with the second of two equal readings;
where they jump over its beginning or end, that moment is the jump.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

DAY_MIN = 1440
_LONGEST = 60  # days; a calendar without a working day must not ask for ever
_DAY = dt.timedelta(days=1)


def never(_: dt.date) -> bool:
    """No day is off."""
    return False


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Minutes after local midnight, `begins` to `ends` (over midnight where `begins` is later; equal: none)."""

    zone: ZoneInfo
    begins: int
    ends: int
    day_off: Callable[[dt.date], bool] = never  # quiet from midnight to midnight

    def local_date(self, at: int) -> dt.date:
        """Return the date that the person's calendar shows at `at` (epoch ms)."""
        return dt.datetime.fromtimestamp(at / 1000, self.zone).date()

    def day_start(self, date: dt.date) -> int:
        """Return the epoch ms at which a local day begins."""
        return _moment(self.zone, date, 0, last=False)

    def until(self, at: int) -> int | None:
        """Return when it is no longer quiet (epoch ms), None where it is not quiet at `at`."""
        end = at
        for _ in range(_LONGEST):
            later = max((stop for start, stop in self._around(end) if start <= end < stop), default=end)
            if later == end:
                break
            end = later
        return None if end == at else end

    def next_morning(self, at: int) -> int:
        """Return the first moment of a later local day at which it is not quiet."""
        midnight = self.day_start(self.local_date(at) + _DAY)
        return self.until(midnight) or midnight

    def _around(self, at: int) -> Iterator[tuple[int, int]]:
        """Yield the quiet stretches that may hold `at`."""
        today = self.local_date(at)
        for date in (today - _DAY, today, today + _DAY):
            if self.begins != self.ends:
                over = date + _DAY if self.begins > self.ends else date
                yield (
                    _moment(self.zone, date, self.begins, last=False),
                    _moment(self.zone, over, self.ends, last=True),
                )
            if self.day_off(date):
                yield self.day_start(date), self.day_start(date + _DAY)


def _moment(zone: ZoneInfo, date: dt.date, minute: int, *, last: bool) -> int:
    """Return the epoch ms at which local clocks show `minute`: the first or last time, or the jump that skips it."""
    if minute >= DAY_MIN:
        date, minute = date + _DAY, minute - DAY_MIN
    local = dt.datetime.combine(date, dt.time(minute // 60, minute % 60))
    before, after = (_ms(local.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    if before <= after:  # once, or twice where the clocks go back
        return after if last else before
    return _jump(zone, after, before)


def _jump(zone: ZoneInfo, low: int, high: int) -> int:
    """Return the moment between the two at which the clocks jump."""
    old = _offset(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(zone, middle) == old else (low, middle)
    return high


def _offset(zone: ZoneInfo, at: int) -> dt.timedelta | None:
    return dt.datetime.fromtimestamp(at / 1000, zone).utcoffset()


def _ms(moment: dt.datetime) -> int:
    return round(moment.timestamp() * 1000)
