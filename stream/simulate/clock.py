"""Days of the simulated town: when each begins, paydays, seasons."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


class Clock:
    """Counts days from `start` in `zone`; day 0 is the first."""

    def __init__(self, start: date, days: int, zone: ZoneInfo) -> None:
        """`days` is how many the simulation has; days outside of it can be asked for too."""
        self.start = start
        self.days = days
        self._zone = zone
        self._begins: dict[int, int] = {}

    def date_of(self, day: int) -> date:
        """Return the date of a day."""
        return self.start + timedelta(days=day)

    def day(self, when: date) -> int:
        """Return the number of a date."""
        return (when - self.start).days

    def begins(self, day: int) -> int:
        """Return the epoch second at which a day begins, local time."""
        if (second := self._begins.get(day)) is None:
            midnight = datetime.combine(self.date_of(day), time(), self._zone)
            second = self._begins[day] = int(midnight.timestamp())
        return second

    def payday(self, day: int, of_month: int) -> bool:
        """Say whether pay due on `of_month` comes on this day: on the Friday before when that is a weekend."""
        today = self.date_of(day)
        if today.weekday() > 4:
            return False
        ahead = 3 if today.weekday() == 4 else 1
        for shift in range(ahead):
            due = today + timedelta(days=shift)
            last = calendar.monthrange(due.year, due.month)[1]
            if due.day == min(of_month, last):
                return True
        return False

    def quarter_end(self, day: int) -> int:
        """Return the first day, from `day` on, that ends a quarter."""
        today = self.date_of(day)
        month = (today.month + 2) // 3 * 3
        return self.day(date(today.year, month, calendar.monthrange(today.year, month)[1]))


def rfc3339(second: int) -> str:
    """Write an epoch second as a UTC time."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
