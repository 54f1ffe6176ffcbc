"""Buckets of days, weeks and months: an event lands in the bucket of its own time, however late it comes."""

from __future__ import annotations

from collections.abc import Sequence

from stream.domain.business import Business
from stream.domain.events import Transaction
from stream.domain.ring import Ring
from stream.domain.state import (
    ACTS,
    DAYS,
    EARNED,
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
    returned = category == "return"
    act = not returned and category not in business.passive_categories
    out = event.direction == "out"
    spend = 0
    if category in business.revenue_categories:
        spend = amount if out else 0
    elif returned:
        spend = -amount
    buckets = _buckets(state, business, day, today)
    place = SUM_IN if not out else ELSEWHERE if elsewhere else REST
    for bucket in buckets:
        if act:
            bucket[ACTS] += 1
        bucket[place] += amount
        if spend:
            bucket[REST] -= spend
            bucket[SPEND] += spend
    if event.quantity:
        _use(buckets, event, event.quantity)
    if act:
        if out:
            _own_act(state, event.time)
        active = state.active_days
        if not active or active[-1] != day:
            _active(active, day)
    elif returned:
        state.returns += 1
        state.returned_at = max(state.returned_at, event.time)


def _own_act(state: State, time: int) -> None:
    """Count an act; first, last and number are the same in whatever order the news comes."""
    state.acts += 1
    if time > state.acted_at:
        state.acted_at = time
    if not state.acted_first or time < state.acted_first:
        state.acted_first = time


def _buckets(state: State, business: Business, day: int, today: int) -> Sequence[Bucket]:
    """Return the buckets of `day`, its week and its month, new ones if need be; none for a window it lies before."""
    days = state.days
    if day == today and days.newest == day and days.items:  # not the day's first: then the newest are these
        buckets = days.items[0], state.weeks.items[0], state.months.items[0]
        if buckets[0] is not None and buckets[1] is not None and buckets[2] is not None:
            return buckets  # type: ignore[return-value]
    week, month = business.week(day), business.month(day)
    if day == today:
        return _newest(days, day, DAYS), _newest(state.weeks, week, WEEKS), _newest(state.months, month, MONTHS)
    places = (
        (days, day, DAYS, today),
        (state.weeks, week, WEEKS, business.week(today)),
        (state.months, month, MONTHS, business.month(today)),
    )
    return [bucket for place in places if (bucket := _bucket(*place)) is not None]


def _newest(buckets: Ring[Bucket], number: int, size: int) -> Bucket:
    """Return the bucket of the newest number there is, a new one if need be."""
    items = buckets.items
    bucket = items[0] if items and buckets.newest == number else None
    if bucket is None:
        bucket = [0, 0, 0, 0, 0]
        buckets.put(number, bucket, size, number)
    return bucket


def _bucket(buckets: Ring[Bucket], number: int, size: int, last: int) -> Bucket | None:
    """Return the bucket of `number`, a new one if need be; `None` when it lies before the window."""
    bucket = buckets.get(number)
    if bucket is None and number > last - size:
        bucket = [0, 0, 0, 0, 0]
        buckets.put(number, bucket, size, last)
    return bucket


def _use(buckets: Sequence[Bucket], event: Transaction, usage: int) -> None:
    """Count what was used, thousandths of its unit; points that came in apart from those that went out."""
    unit = event.unit or "item"
    place = USAGE + (EARNED if unit == "point" and event.direction == "in" else UNITS[unit])
    for bucket in buckets:
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
