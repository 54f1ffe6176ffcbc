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
    month = business.month(day)
    _count(state.days, day, DAYS, today, amount_in, amount_out, unit, usage)
    _count(state.weeks, business.week(day), WEEKS, business.week(today), amount_in, amount_out, unit, usage)
    last = month if day == today else business.month(today)
    _count(state.months, month, MONTHS, last, amount_in, amount_out, unit, usage)


def _count(
    buckets: Ring[Bucket],
    number: int,
    size: int,
    last: int,
    amount_in: int,
    amount_out: int,
    unit: str | None,
    usage: int,
) -> None:
    usual = buckets.newest == number and buckets.items  # today's
    bucket = buckets.items[0] if usual else buckets.get(number)
    if bucket is None:
        if number <= last - size:
            return  # too late to count anywhere
        bucket = [0, 0, 0]
        buckets.put(number, bucket, size, last)
    bucket[COUNT] += 1
    bucket[SUM_IN] += amount_in
    bucket[SUM_OUT] += amount_out
    if usage:
        _use(bucket, USAGE + UNITS[unit or "item"], usage)


def _use(bucket: Bucket, place: int, usage: int) -> None:
    bucket.extend([0] * (place + 1 - len(bucket)))
    bucket[place] += usage
