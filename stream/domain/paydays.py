"""When the next salary is due, learned from the credits that came: pure, by the working-day calendar.

Three habits are known: one or two days of the month (10th; 10th and 25th; the last day), each of which moves before
or after weekends and holidays; and a weekday every week or every second week. A bonus on a day of its own belongs to
no habit, one on payday changes the median amount little.
"""

from __future__ import annotations

import calendar as months
import datetime as dt
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from msgspec import Struct

from stream.domain.business import Business
from stream.domain.calendar import weekday

Credit = tuple[int, int]
"""(business day, amount in minor units)."""

EARLY_DAYS = 7  # a credit so long before payday is still that payday's
EARLY_PER_HOLIDAY = 2  # and so much longer for each public holiday between: pay comes ahead of the New Year
LOOK_BACK = 6  # cycles
MOST_PAYDAYS = 2  # in a month
KEPT = 0.75  # share of the cycles looked back on that brought a credit
SAME_WEEKDAY = 0.8  # share of the credits


class Payday(Struct, frozen=True):
    """The next credit of one habit: `expected` on a day, overdue after `due`."""

    expected: int
    due: int
    usual: int  # median amount, minor units
    credits: tuple[Credit, ...]  # those that the habit was learned from, oldest first


def paydays(paid: Sequence[Credit], business: Business, *, cycles: int, grace: int, share: float) -> list[Payday]:
    """Return the next payday of each habit, the first to be overdue first.

    Args:
        paid: payroll credits, oldest first.
        business: its calendar.
        cycles: months of history at least.
        grace: working days after payday that are still punctual.
        share: a habit whose amount is a smaller share of the largest one's is no salary (an allowance).
    """
    if len(paid) < cycles:
        return []
    found = _every_week(paid, business, cycles, grace) or _every_month(paid, business, cycles, grace)
    most = max((payday.usual for payday in found), default=0)
    return sorted((p for p in found if p.usual >= share * most), key=lambda payday: payday.due)


def _every_week(paid: Sequence[Credit], business: Business, cycles: int, grace: int) -> list[Payday]:
    days = [day for day, _ in paid]
    gaps = [later - day for day, later in pairwise(days)]
    gap = round(median(gaps)) if gaps else 0
    usual = max(Counter(weekday(day) for day in days).values())
    if gap not in (7, 14) or days[-1] - days[0] < 30 * (cycles - 1) or usual < SAME_WEEKDAY * len(days):
        return []
    return [_payday(days[-1] + gap, paid, business, grace)]


def _every_month(paid: Sequence[Credit], business: Business, cycles: int, grace: int) -> list[Payday]:
    """Take the day of the month that explains most credits best, then the next one among those that are left."""
    found: list[Payday] = []
    left = list(paid)
    while len(left) >= cycles and len(found) < MOST_PAYDAYS:
        anchors = {business.date(day).day for day, _ in left}
        tried = [_habit(left, anchor, business, grace) for anchor in sorted(anchors | {31})]
        hits, _, anchor, month = max(tried, key=lambda habit: (len(habit[0]), -habit[1], habit[2]))
        spanned = month - business.month(hits[0][0]) + 1 if hits else 0
        if len(hits) < cycles or len(hits) < KEPT * min(spanned, LOOK_BACK):
            break
        found.append(_payday(day_of_month(business, month + 1, anchor), hits, business, grace))
        left = [credit for credit in left if credit not in hits]
    return found


def _habit(paid: list[Credit], anchor: int, business: Business, grace: int) -> tuple[list[Credit], int, int, int]:
    """Return the credits of one day of the month, how far off they were in all, that day, and their last month."""
    hits: list[Credit] = []
    off, last = 0, 0
    month = business.month(paid[-1][0]) + 1
    for looked in range(LOOK_BACK + 2):
        credit = _of_payday(paid, day_of_month(business, month - looked, anchor), business, grace)
        if credit is not None and credit not in hits:
            last = last or month - looked
            if month - looked <= last - LOOK_BACK:
                break
            off += _off(credit[0], day_of_month(business, month - looked, anchor), business)
            hits.append(credit)
    return hits[::-1], off, anchor, last


def _of_payday(paid: list[Credit], day: int, business: Business, grace: int) -> Credit | None:
    """Return the credit that came for the payday `day`, the nearest to it."""
    late = business.calendar.add(day, grace)
    early = day - EARLY_DAYS
    near = [c for c in paid if early <= c[0] <= late]
    if not near:
        early -= EARLY_PER_HOLIDAY * business.calendar.holidays(day - 21, day)
        near = [c for c in paid if early <= c[0] <= late]
    return min(near, key=lambda credit: (abs(credit[0] - day), credit[0])) if near else None


def _off(day: int, payday: int, business: Business) -> int:
    """Return how many days off a credit was; none where it moved to the working day before or after."""
    before = payday
    while not business.calendar.is_working(before):
        before -= 1
    return min(abs(day - moved) for moved in (payday, before, business.calendar.add(payday, 0)))


def _payday(expected: int, paid: Sequence[Credit], business: Business, grace: int) -> Payday:
    usual = round(median(amount for _, amount in paid))
    return Payday(expected, business.calendar.add(expected, grace), usual, tuple(paid))


def day_of_month(business: Business, month: int, day: int) -> int:
    """Return the business day of a day of a month (`12 * year + month - 1`), its last day where it is shorter."""
    year, number = divmod(month, 12)
    last = months.monthrange(year, number + 1)[1]
    return business.day_of_date(dt.date(year, number + 1, min(day, last)))
