"""Business hours: when people work, and what time it is after so many hours of work. Any zone, any change of clocks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from stream.domain.calendar import Calendar

_EPOCH_ORDINAL = dt.date(1970, 1, 1).toordinal()
_LAST_DAY = dt.date(2120, 1, 1).toordinal() - _EPOCH_ORDINAL
_LONGEST_BREAK = 60  # days; a calendar without a working day for longer is none


@dataclass(frozen=True, slots=True)
class Hours:
    """An office's hours, local, on working days. Times are epoch ms, UTC; days are counted from 1970-01-01."""

    zone: ZoneInfo
    calendar: Calendar
    opens: dt.time
    closes: dt.time

    def day(self, time: int) -> int:
        """Return the local calendar day of a time."""
        return dt.datetime.fromtimestamp(time / 1000, self.zone).date().toordinal() - _EPOCH_ORDINAL

    def window(self, day: int) -> tuple[int, int]:
        """Return from when to when a day is worked on, if it is a working day, by the clocks on its walls."""
        date = dt.date.fromordinal(day + _EPOCH_ORDINAL)
        return self._at(date, self.opens), self._at(date, self.closes)

    def is_open(self, time: int) -> bool:
        """Tell whether somebody is at work."""
        day = self.day(time)
        opens, closes = self.window(day)
        return opens <= time < closes and self.calendar.is_working(day)

    def next_open(self, time: int) -> int:
        """Return `time` where it is within the hours, else when they next begin."""
        return self.add(time, 0)

    def add(self, time: int, work_ms: int) -> int:
        """Return the time at which so many ms have been worked from `time` on; 0: the first time within the hours."""
        day, left = self.day(time), max(0, work_ms)
        idle = 0
        while idle < _LONGEST_BREAK and day < _LAST_DAY:
            opens, closes = self.window(day)
            start = max(opens, time)
            if start < closes and self.calendar.is_working(day):
                if left < closes - start or (left == closes - start and left > 0):
                    return start + left
                left -= closes - start
                idle = 0
            else:
                idle += 1
            day += 1
        return time + left

    def between(self, start: int, end: int) -> int:
        """Return how many ms are worked from `start` to `end`."""
        if end <= start:
            return 0
        worked = 0
        for day in range(self.day(start), self.day(end) + 1):
            opens, closes = self.window(day)
            if self.calendar.is_working(day):
                worked += max(0, min(end, closes) - max(start, opens))
        return worked

    def days_later(self, time: int, days: int) -> int:
        """Return when work begins so many calendar days after `time`, or on the next working day."""
        opens, _ = self.window(self.day(time) + days)
        return self.add(max(opens, time), 0)

    def _at(self, date: dt.date, clock: dt.time) -> int:
        return round(dt.datetime.combine(date, clock, self.zone).timestamp() * 1000)
