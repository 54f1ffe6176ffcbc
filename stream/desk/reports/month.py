"""A calendar month in the business's time zone."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from stream.desk.reports.scope import Period
from stream.domain.business import Business

_FORM = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """Such as 2026-11."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read `2026-11`.

        Raises:
            ValueError: it is no month.
        """
        found = _FORM.fullmatch(text)
        if found is None or not 1 <= int(found[2]) <= 12 or not 1970 <= int(found[1]) <= 2999:
            raise ValueError("a month is written as 2026-11")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def at(cls, time: int, business: Business) -> Month:
        """Return the month of a moment (epoch ms)."""
        date = business.date(business.day(time))
        return cls(date.year, date.month)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @property
    def before(self) -> Month:
        """Return the month before."""
        return Month(self.year, self.month - 1) if self.month > 1 else Month(self.year - 1, 12)

    @property
    def after(self) -> Month:
        """Return the month after."""
        return Month(self.year, self.month + 1) if self.month < 12 else Month(self.year + 1, 1)

    def period(self, business: Business) -> Period:
        """Return from when to when it goes."""
        return Period(self._start(business), self.after._start(business))

    def _start(self, business: Business) -> int:
        return business.day_start(business.day_of_date(dt.date(self.year, self.month, 1)))
