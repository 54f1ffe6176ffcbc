"""When the next step is due: what is not urgent falls into office hours of a working day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from stream.domain.business import HOUR_MS, Business

URGENT_BELOW_H = 24
"""A step due in fewer hours is urgent: it does not wait for the office to open."""


@dataclass(frozen=True)
class OfficeHours:
    """From when until when RMs are at work, local time."""

    opens: dt.time = dt.time(9)
    closes: dt.time = dt.time(18)

    def due(self, time: int, hours: int, business: Business) -> int:
        """Return when a step is due that may take `hours` from `time` (epoch ms).

        Outside of office hours it is due when the office opens next: nobody is late before they could begin.
        """
        raw = time + hours * HOUR_MS
        if hours < URGENT_BELOW_H:
            return raw
        day = business.day(raw)
        local = dt.datetime.fromtimestamp(raw / 1000, business.zone).time()
        if business.calendar.is_working(day):
            if self.opens <= local <= self.closes:
                return raw
            if local < self.opens:
                return self._opening(day, business)
        return self._opening(business.calendar.add(day + 1, 0), business)

    def _opening(self, day: int, business: Business) -> int:
        opening = dt.datetime.combine(business.date(day), self.opens, business.zone)
        return round(opening.timestamp() * 1000)
