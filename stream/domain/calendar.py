"""Working days: weekends, public holidays and the make-up days that take their place."""

from __future__ import annotations

import datetime as dt
from typing import Any

import holidays

_EPOCH_ORDINAL = dt.date(1970, 1, 1).toordinal()
_MOST = 100_000


class CalendarError(ValueError):
    """There is no such calendar; the message says what is allowed."""


class Calendar:
    """Which business days (numbers since 1970-01-01) are worked on; from the `holidays` library."""

    def __init__(self, code: str = "CN") -> None:
        """`code`: a country (ISO 3166, `CN`) or a part of one (ISO 3166-2, `DE-BY`); empty is Monday to Friday.

        Raises:
            CalendarError: the library knows no such country or part.
        """
        country, _, subdivision = code.partition("-")
        self._days: Any = None
        if country:
            try:
                self._days = holidays.country_holidays(country, subdiv=subdivision or None)
            except NotImplementedError as fault:
                raise CalendarError(f"{fault}; give a code such as CN or DE-BY, or nothing for Mon-Fri") from None
        self._known: dict[int, bool] = {}
        self._ordinary: dict[int, bool] = {}

    def is_working(self, day: int) -> bool:
        """Tell whether a business day is worked on."""
        known = self._known.get(day)
        if known is None:
            date = dt.date.fromordinal(day + _EPOCH_ORDINAL)
            known = date.weekday() < 5 if self._days is None else bool(self._days.is_working_day(date))
            if len(self._known) >= _MOST:  # a stream of absurd times must not grow memory
                self._known.clear()
            self._known[day] = known
        return known

    def is_holiday(self, day: int) -> bool:
        """Tell whether a day is a Monday to Friday that is not worked on."""
        return weekday(day) < 5 and not self.is_working(day)

    def is_ordinary(self, day: int) -> bool:
        """Tell whether people live on a business day as on any of its weekday.

        Public holidays, the weekends that touch them and make-up days are not ordinary: what somebody does on them
        says little about what they usually do.
        """
        known = self._ordinary.get(day)
        if known is None:
            of_week = weekday(day)
            if of_week < 5:
                known = self.is_working(day)
            else:
                saturday = day if of_week == 5 else day - 1
                known = self.is_working(saturday - 1) and self.is_working(saturday + 2) and not self.is_working(day)
            if len(self._ordinary) >= _MOST:
                self._ordinary.clear()
            self._ordinary[day] = known
        return known

    def holidays(self, first: int, last: int) -> int:
        """Return how many public holidays (Monday to Friday) lie after `first`, up to and with `last`."""
        return sum(self.is_holiday(day) for day in range(first + 1, last + 1))

    def add(self, day: int, working_days: int) -> int:
        """Return the day that lies so many working days after `day`; 0 = `day` itself or the next working day."""
        while working_days > 0 or not self.is_working(day):
            day += 1
            working_days -= self.is_working(day)
        return day

    def between(self, first: int, last: int) -> int:
        """Return how many working days lie after `first`, up to and with `last`."""
        return sum(self.is_working(day) for day in range(first + 1, last + 1))


def weekday(day: int) -> int:
    """Return the weekday of a business day, 0 = Monday."""
    return (day + 3) % 7
