"""Buckets of days, weeks and months: an event lands in the bucket of its own time, however late it comes."""

from __future__ import annotations

from stream.domain.business import Business
from stream.domain.state import COUNT, DAYS, MONTHS, SUM_IN, SUM_OUT, UNITS, USAGE, WEEKS, Bucket, State


def add(
    state: State, business: Business, day: int, amount_in: int, amount_out: int, unit: str | None, usage: int
) -> None:
    """Count one movement on business day `day`; money in minor units, usage in thousandths of `unit`."""
    newest = business.day(state.newest)
    week, month = business.week(day), business.month(day)
    places = (
        (state.days, day, newest - DAYS),
        (state.weeks, week, business.week(newest) - WEEKS),
        (state.months, month, business.month(newest) - MONTHS),
    )
    for buckets, number, expired in places:
        if number > expired:
            bucket = buckets.get(number)
            if bucket is None:
                bucket = _open(buckets, number, expired)
            bucket[COUNT] += 1
            bucket[SUM_IN] += amount_in
            bucket[SUM_OUT] += amount_out
            if usage:
                _use(bucket, USAGE + UNITS[unit or "item"], usage)


def _open(buckets: dict[int, Bucket], number: int, expired: int) -> Bucket:
    """Make room for a new bucket: this is when old ones go."""
    for old in [n for n in buckets if n <= expired]:
        del buckets[old]
    bucket = buckets[number] = [0, 0, 0]
    return bucket


def _use(bucket: Bucket, place: int, usage: int) -> None:
    bucket.extend([0] * (place + 1 - len(bucket)))
    bucket[place] += usage
