"""Money that goes to other institutions: how much lately, how much is usual, and where most of it went."""

from __future__ import annotations

from stream.domain.ring import Ring
from stream.domain.state import DAYS, ELSEWHERE, Bucket, State


def recent(days: Ring[Bucket], today: int, span: int) -> int:
    """Return what went elsewhere in the `span` business days up to and with `today`, minor units."""
    total = 0
    skipped = days.newest - today  # the ring may end before today, or after it
    for bucket in days.items[max(0, skipped) : max(0, skipped + span)]:
        if bucket is not None:
            total += bucket[ELSEWHERE]
    return total


def daily(days: Ring[Bucket], today: int) -> list[int]:
    """Return what went elsewhere on `today` and each day before it, the newest first: `DAYS` figures."""
    first, place = max(0, days.newest - today), ELSEWHERE  # a local name: this is asked with every outflow
    series = [0] * max(0, today - days.newest)
    series += [bucket[place] if bucket else 0 for bucket in days.items[first:]]
    del series[DAYS:]
    return series + [0] * (DAYS - len(series))


def usual(series: list[int], span: int) -> int:
    """Return the most that went elsewhere in any `span` days before the last `span`; `series` is `daily`'s.

    The most and not the mean: a rent or a supplier that is paid once a month is seen whole in some window, so that
    the next payment of it is no news whatever the day of the month it falls on.
    """
    return most(series, span, span)


def usual_at_least(series: list[int], span: int) -> int:
    """Return the most in windows of `span` days that do not overlap: never above `usual`, and cheaper."""
    return max(sum(series[first : first + span]) for first in range(span, len(series) - span + 1, span))


def most(series: list[int], first: int, span: int) -> int:
    """Return the most in any `span` days running that lie at least `first` days back."""
    best = total = sum(series[first : first + span])
    for index in range(first + span, len(series)):
        total += series[index] - series[index - span]
        if total > best:
            best = total
    return best


def leader(state: State, since: int, until: int) -> tuple[str, int, int]:
    """Return the institution with the most of the single outflows kept, its minor units, and how many institutions.

    `since` and `until` are epoch ms, both included. ("", 0, 0) when none is kept: they are for two weeks only.
    """
    totals: dict[str, int] = {}
    for flow in state.outflows:
        if since <= flow.time <= until:
            totals[flow.institution] = totals.get(flow.institution, 0) + flow.amount
    if not totals:
        return "", 0, 0
    name = max(totals, key=lambda institution: (totals[institution], institution))
    return name, totals[name], len(totals)


def may_come_back(state: State, since: int) -> int:
    """Return what went to accounts of the customer's own elsewhere since a time, epoch ms: minor units.

    What is only parked there for some hours is back before the day ends; what was paid to others is gone.
    """
    return sum(flow.amount for flow in state.outflows if flow.own_name and flow.time >= since)
