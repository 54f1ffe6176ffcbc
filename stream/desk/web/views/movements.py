"""What moved at a customer of late: from the worker that keeps their rolling state, so that the desk keeps none of it.

Days are the business's own; what is older than the state's window is gone from here, too.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from stream.desk.web.site import Site
from stream.desk.web.views.asked import asked
from stream.desk.web.views.shown import Curve
from stream.domain import holdings
from stream.domain.business import Business
from stream.domain.state import ACTS, DAYS, EARNED, ELSEWHERE, SUM_IN, UNITS, USAGE, Bucket, money_out
from stream.ops.state_read import Raw, buckets, holdings_of

_PLACES = {**UNITS, "point earned": EARNED}
_RECENT_WEEKS = 2  # left out of what is usual: the fall that one looks for would be part of it
_FEWEST = 2


class DayMoved(Struct, frozen=True, kw_only=True):
    """What moved on a day. Money in units of the base currency; `elsewhere`: of what went out, to other houses."""

    day: str  # ISO date
    ends_at: int
    acts: int  # the customer's own
    money_in: float
    money_out: float
    elsewhere: float
    usage: dict[str, float]  # by unit: min, MB, item, point


class WentAway(Struct, frozen=True, kw_only=True):
    """Money that went to another house."""

    at: int
    amount: float
    institution: str
    own_name: bool  # to an account of the customer's own there


class AccountShown(Struct, frozen=True, kw_only=True):
    """An account as it stood last."""

    account_id: str
    kind: str | None
    balance: float
    limit: float | None
    at: int
    debt: bool


class Movements(Struct, frozen=True, kw_only=True):
    """`known`: the workers know the customer. `as_of`: of the newest event."""

    known: bool
    as_of: int | None = None
    accounts: list[AccountShown] = []
    days: list[DayMoved] = []  # the newest first
    went_away: list[WentAway] = []
    curves: list[Curve] = []


async def asked_movements(site: Site, customer_id: str, warned_at: Sequence[int]) -> Movements:
    """Ask the workers; `warned_at`: when warnings opened (epoch ms), for the curves.

    Raises:
        NoAnswerYet: none answered.
    """
    answer = await asked(site.asker.state(customer_id))
    if answer is None:
        return Movements(known=False)
    return movements(answer["state"], site.business, warned_at)


def movements(raw: Raw, business: Business, warned_at: Sequence[int]) -> Movements:
    """Return the movements of a worker's `/state/CUSTOMER`."""
    days = buckets(raw, "days")
    return Movements(
        known=True,
        as_of=raw["newest"],
        accounts=list(_accounts(raw, business)),
        days=[_day(number, days[number], business) for number in sorted(days, reverse=True)],
        went_away=[_away(flow, business) for flow in raw["outflows"] if flow["amount"]],
        curves=[*_balance(raw, business, warned_at), *_usage(raw, business, warned_at)],
    )


def _accounts(raw: Raw, business: Business) -> Iterator[AccountShown]:
    for name, account in holdings_of(raw).accounts.items():
        yield AccountShown(
            account_id=name,
            kind=account.kind,
            balance=business.major(account.balance),
            limit=None if account.limit is None else business.major(account.limit),
            at=account.time,
            debt=account.kind in holdings.DEBT_KINDS,
        )


def _day(number: int, bucket: Bucket, business: Business) -> DayMoved:
    return DayMoved(
        day=business.date(number).isoformat(),
        ends_at=business.day_start(number + 1) - 1,
        acts=bucket[ACTS],
        money_in=business.major(bucket[SUM_IN]),
        money_out=business.major(money_out(bucket)),
        elsewhere=business.major(bucket[ELSEWHERE]),
        usage={unit: used for unit in _PLACES if (used := _used(bucket, unit))},
    )


def _used(bucket: Bucket, unit: str) -> float:
    place = USAGE + _PLACES[unit]
    return bucket[place] / 1000 if len(bucket) > place else 0.0


def _away(flow: Raw, business: Business) -> WentAway:
    return WentAway(
        at=flow["time"],
        amount=business.major(flow["amount"]),
        institution=flow["institution"],
        own_name=bool(flow.get("own_name")),
    )


def _balance(raw: Raw, business: Business, warned_at: Sequence[int]) -> Iterator[Curve]:
    """Yield the curve of the holdings, day by day, against the customer's own usual low."""
    today = business.day(raw["newest"])
    closings = holdings.closings(holdings_of(raw), today - DAYS + 1, today)
    if len(closings) < _FEWEST:
        return
    first = today - len(closings) + 1
    points = [(business.date(first + n).isoformat(), business.major(one)) for n, one in enumerate(closings)]
    baseline: dict[str, Any] | None = raw["baseline"]
    yield Curve(
        what="balance",
        unit=business.currency,
        points=points,
        baseline=None if baseline is None else business.major(baseline["low"]),
        baseline_name=None if baseline is None else "floor",
        warned_on=_dates(warned_at, points, business),
    )


def _usage(raw: Raw, business: Business, warned_at: Sequence[int]) -> Iterator[Curve]:
    """Yield the curve of what is used most, week by week, against the median of the weeks before the last ones.

    The week that is under way is left out: half a week would look like a fall.
    """
    weeks, this_week = buckets(raw, "weeks"), business.week(business.day(raw["newest"]))
    kept = {unit: {n: used for n, bucket in weeks.items() if (used := _used(bucket, unit))} for unit in UNITS}
    unit = max(kept, key=lambda name: len(kept[name]))
    if len(kept[unit]) < _FEWEST:
        return
    numbers = range(min(kept[unit]), this_week)
    values = [kept[unit].get(number, 0.0) for number in numbers]
    if len(values) < _FEWEST:
        return
    points = [(_monday(number, business), value) for number, value in zip(numbers, values, strict=True)]
    before = values[:-_RECENT_WEEKS]
    yield Curve(
        what="usage",
        unit=unit,
        points=points,
        baseline=statistics.median(before) if before else None,
        baseline_name="median" if before else None,
        warned_on=_dates(warned_at, points, business),
    )


def _monday(week: int, business: Business) -> str:
    return business.date(week * 7 - 3).isoformat()


def _dates(times: Sequence[int], points: Sequence[tuple[str, float]], business: Business) -> list[str]:
    """Return the days of those times that lie within the curve, each once."""
    days = {business.date(business.day(time)) for time in times}
    last = dt.date.fromisoformat(points[-1][0]) + dt.timedelta(days=14)  # of a week's point, and the week under way
    return [day.isoformat() for day in sorted(days) if points[0][0] <= day.isoformat() and day <= last]
