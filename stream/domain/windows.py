"""Buckets of days, weeks and months: an event lands in the bucket of its own time, however late it comes."""

from __future__ import annotations

from stream.domain.business import Business
from stream.domain.events import Transaction
from stream.domain.ring import Ring
from stream.domain.state import (
    ACTS,
    DAYS,
    ELSEWHERE,
    MONTHS,
    REST,
    SPEND,
    SUM_IN,
    UNITS,
    USAGE,
    WEEKS,
    Bucket,
    State,
)

MOST_ACTIVE_DAYS = 40


def add(state: State, business: Business, event: Transaction, day: int, today: int, *, elsewhere: bool) -> None:
    """Count one movement of business day `day`; `today`: the newest event's; `elsewhere`: to another institution."""
    amount, category = event.amount, event.category
    act = category not in business.passive_categories
    amount_in = amount if event.direction == "in" else 0
    amount_out = amount - amount_in
    spend = 0
    if category in business.revenue_categories:
        spend = amount_out
    elif category == "return":
        spend = -amount
    gone = amount_out if elsewhere else 0
    rest = amount_out - spend - gone
    usage = event.quantity
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
            bucket[ACTS] += act
            bucket[SUM_IN] += amount_in
            bucket[REST] += rest
            bucket[SPEND] += spend
            bucket[ELSEWHERE] += gone
            if usage:
                _use(bucket, USAGE + UNITS[event.unit or "item"], usage)
    if act and (not state.active_days or state.active_days[-1] != day):
        _active(state.active_days, day)


def _bucket(buckets: Ring[Bucket], number: int, size: int, last: int) -> Bucket | None:
    """Return the bucket of `number`, a new one if need be; `None` when it lies before the window."""
    items = buckets.items
    bucket = items[0] if items and buckets.newest == number else buckets.get(number)
    if bucket is None and number > last - size:
        bucket = [0, 0, 0, 0, 0]
        buckets.put(number, bucket, size, last)
    return bucket


def _use(bucket: Bucket, place: int, usage: int) -> None:
    bucket.extend([0] * (place + 1 - len(bucket)))
    bucket[place] += usage


def _active(days: list[int], day: int) -> None:
    """Keep the last days on which something was done, in order, whenever the news comes."""
    if not days or day > days[-1]:
        days.append(day)
    elif day not in days:
        days.append(day)
        days.sort()
    if len(days) > MOST_ACTIVE_DAYS:
        del days[0]
