"""Buckets of days, weeks and months: an event lands in the bucket of its own time, however late it comes."""

from __future__ import annotations

from stream.domain.business import Business
from stream.domain.ring import Ring
from stream.domain.state import COUNT, DAYS, MONTHS, SUM_IN, SUM_OUT, UNITS, USAGE, WEEKS, Bucket, State


def add(
    state: State, business: Business, day: int, amount_in: int, amount_out: int, unit: str | None, usage: int
) -> None:
    """Count one movement on business day `day`; money in minor units, usage in thousandths of `unit`."""
    today = business.day(state.newest)
    week, month = business.week(day), business.month(day)
    if day == today:
        last_week, last_month = week, month
    else:
        last_week, last_month = business.week(today), business.month(today)
    for bucket in (
        _bucket(state.days, day, DAYS, today),
        _bucket(state.weeks, week, WEEKS, last_week),
        _bucket(state.months, month, MONTHS, last_month),
    ):
        if bucket is not None:
            bucket[COUNT] += 1
            bucket[SUM_IN] += amount_in
            bucket[SUM_OUT] += amount_out
            if usage:
                _use(bucket, USAGE + UNITS[unit or "item"], usage)


def _bucket(buckets: Ring[Bucket], number: int, size: int, last: int) -> Bucket | None:
    """Return the bucket of `number`, a new one if need be; `None` when it lies before the window."""
    items = buckets.items
    bucket = items[0] if items and buckets.newest == number else buckets.get(number)
    if bucket is None and number > last - size:
        bucket = [0, 0, 0]
        buckets.put(number, bucket, size, last)
    return bucket


def _use(bucket: Bucket, place: int, usage: int) -> None:
    bucket.extend([0] * (place + 1 - len(bucket)))
    bucket[place] += usage
