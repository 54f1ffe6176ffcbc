"""When a customer is scored and their features are kept: each at their own hour of the period, so load is even.

On the hour, for all whose hour it is, one after the other: a score takes half as long where the one before has left its
model in the processor's cache.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from hashlib import blake2b

from msgspec import Struct

from stream.domain.business import DAY_MS, Business

_SHORTEST_MONTH = 28 * DAY_MS
_HOUR = 3_600_000


class Cadence(Struct, frozen=True):
    """`every_ms`: the period, 0 = the calendar month of the business. `report_at`: moments besides, epoch ms, rising.

    All moments are event time. A cut-off at T comes before what happens at T: its features have seen only what is
    earlier, its label what happens from T on.
    """

    every_ms: int
    report_at: tuple[int, ...] = ()

    def next(self, customer: str, time: int, business: Business) -> int:
        """Return the customer's first cut-off after `time`, epoch ms."""
        own = self._own(phase(customer), time, business)
        place = bisect_right(self.report_at, time)
        return min(own, self.report_at[place]) if place < len(self.report_at) else own

    def asked(self, time: int) -> bool:
        """Tell whether `time` is one of the moments that a report wants."""
        return time in self.report_at

    def _own(self, number: int, time: int, business: Business) -> int:
        if self.every_ms:
            offset = _hour(number, self.every_ms)
            return ((time - offset) // self.every_ms + 1) * self.every_ms + offset
        offset = _hour(number, _SHORTEST_MONTH)
        month = business.month(business.day(time))
        due = _start(month, business) + offset
        return due if due > time else _start(month + 1, business) + offset


def cadence(every: float | str, report_at: tuple[int, ...] = ()) -> Cadence:
    """Return the cadence of `every` days, or of calendar months for `"month"`."""
    return Cadence(0 if every == "month" else max(1, round(float(every) * DAY_MS)), tuple(sorted(set(report_at))))


def phase(customer: str) -> int:
    """Return the customer's own large number, the same everywhere."""
    return int.from_bytes(blake2b(customer.encode(), digest_size=8, person=b"cut-off").digest(), "big")


def _hour(number: int, period: int) -> int:
    """Return when in a period an hour begins, ms; of a period under an hour, its begin."""
    return number % max(1, period // _HOUR) * _HOUR


def _start(month: int, business: Business) -> int:
    return business.day_start(business.day_of_date(dt.date(month // 12, month % 12 + 1, 1)))
