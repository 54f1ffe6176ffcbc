"""What a customer's class may be judged by: each figure a small function of the state, with its unit and its meaning.

A figure is `None` while it is not known. Money is in minor units of the base currency. None of them walks through
daily closings: the dearest adds up thirteen months or the last balances of the accounts.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from msgspec import Struct

from stream.domain import holdings
from stream.domain.classes import Ask
from stream.domain.state import SPEND, SUM_IN, UNITS, USAGE, Bucket, State, money_out

DAY_MS = 86_400_000
_EPOCH_ORDINAL = dt.date(1970, 1, 1).toordinal()
_USED = slice(USAGE + UNITS["min"], USAGE + UNITS["MB"] + 1)

Unit = Literal["money", "share", "months", "years", "count", "yes or no"]


class FigureOf(Struct, frozen=True):
    """One figure: how to get it, in which unit, and what it means."""

    ask: Ask
    unit: Unit
    meaning: str


def credit_limit(state: State, today: int) -> float | None:
    """Return the credit line: what was said last about it, else the limits of the accounts that are debts."""
    profile, changed = state.profile, state.credit
    if changed is not None and (profile is None or profile.credit_limit is None or changed.time >= profile.time):
        return changed.now
    if profile is not None and profile.credit_limit is not None:
        return profile.credit_limit
    limits = [a.limit for a in state.accounts.values() if a.limit is not None and a.kind in holdings.DEBT_KINDS]
    return sum(limits) if limits else None


def drawn_share(state: State, today: int) -> float | None:
    """Return the share of the credit line that is drawn; a line of which no debt is known is not drawn."""
    line = credit_limit(state, today)
    if not line or line <= 0:
        return None
    return sum(abs(a.balance) for a in state.accounts.values() if a.kind == "credit_used") / line


def assets(state: State, today: int) -> float | None:
    """Return the holdings, `None` while no account and no product is known."""
    return holdings.current(state, today) if state.accounts or state.products else None


def products(state: State, today: int) -> float | None:
    """Return how many products are held, `None` while none was ever heard of."""
    return sum(not held.ended_on for held in state.products.values()) if state.products else None


def bank_accounts(state: State, today: int) -> float | None:
    """Return how many accounts hold money; a prepaid credit is none."""
    return sum(a.kind != "prepaid" and a.kind not in holdings.DEBT_KINDS for a in state.accounts.values())


def usage_months(state: State, today: int) -> float | None:
    """Return in how many of the last months there were minutes or data."""
    return sum(any(bucket[_USED]) for bucket in state.months.items if bucket and len(bucket) > USAGE)


def business_traits(state: State, today: int) -> float | None:
    """Return how many of industry, age of the business and debt ratio are known: a private person has none."""
    profile = state.profile
    if profile is None:
        return 0
    return sum(trait is not None for trait in (profile.industry, profile.in_business_since, profile.debt_ratio))


def revenue_12m(state: State, today: int) -> float | None:
    """Return the spend of the last twelve months, with the one that runs."""
    last = _month(today)
    months = [bucket[SPEND] for number, bucket in state.months.numbered() if last - 12 < number <= last]
    return sum(months) if months else None


def revenue_monthly(state: State, today: int) -> float | None:
    """Return the mean spend of up to three complete months; `None` before the first one is over."""
    last = _month(today) - 1
    first = max(last - 2, first_full_month(state))
    if first > last:
        return None
    return sum(spend_of_month(state, month) for month in range(first, last + 1)) / (last - first + 1)


def months_of_custom(state: State, today: int) -> float | None:
    """Return the complete months since the profile's `since`, or since the first event."""
    profile = state.profile
    since = profile.since if profile is not None else None
    if since is None:
        if not state.first_seen:
            return None
        since = _date(state.first_seen // DAY_MS)
    return max(0, _whole_months(since, _date(today)))


def years_in_business(state: State, today: int) -> float | None:
    """Return the complete years since the business was founded."""
    since = state.profile.in_business_since if state.profile is not None else None
    return None if since is None else max(0, _whole_months(since, _date(today)) // 12)


def debt_ratio(state: State, today: int) -> float | None:
    """Return debts over assets, as the profile has it."""
    return state.profile.debt_ratio if state.profile is not None else None


def bad_faith(state: State, today: int) -> float | None:
    """Return whether the profile says that they dealt in bad faith."""
    return None if state.profile is None else state.profile.bad_faith


def litigation(state: State, today: int) -> float | None:
    """Return whether the profile says that there is a lawsuit."""
    return None if state.profile is None else state.profile.litigation


def months_inactive(state: State, today: int) -> float | None:
    """Return the complete months since the last act of the customer's own; `None` where none was ever seen."""
    days = state.active_days
    return max(0, _whole_months(_date(days[-1]), _date(today))) if days else None


def decline(state: State, today: int) -> float | None:
    """Return how much less the last three complete months brought than the three before, 0 to 1.

    Of spend, or of money moved where there was no spend. `None` before there are six complete months, or where the
    first three had nothing.
    """
    last = _month(today) - 1
    if first_full_month(state) > last - 5:
        return None
    recent, before = (
        [state.months.get(last - back) for back in range(3)],
        [state.months.get(last - back) for back in range(3, 6)],
    )
    for of in (_earned, _moved):
        usual = sum(of(bucket) for bucket in before if bucket)
        if usual > 0:
            now = sum(of(bucket) for bucket in recent if bucket)
            return min(1.0, max(0.0, 1 - now / usual))
    return None


def _earned(bucket: Bucket) -> int:
    return bucket[SPEND]


def _moved(bucket: Bucket) -> int:
    return bucket[SUM_IN] + money_out(bucket)


def first_full_month(state: State) -> int:
    """Return the number of the first month that was seen whole."""
    if not state.first_seen:
        return 10**9
    first = _date(state.first_seen // DAY_MS)
    return first.year * 12 + first.month - 1 + (first.day > 1)


def spend_of_month(state: State, month: int) -> int:
    """Return what we earned by the customer in a month, minor units; `month` as `Business.month` counts."""
    bucket = state.months.get(month)
    return bucket[SPEND] if bucket else 0


def _date(day: int) -> dt.date:
    return dt.date.fromordinal(day + _EPOCH_ORDINAL)


def _month(day: int) -> int:
    date = _date(day)
    return date.year * 12 + date.month - 1


def _whole_months(since: dt.date, now: dt.date) -> int:
    return (now.year - since.year) * 12 + now.month - since.month - (now.day < since.day)


FIGURES: dict[str, FigureOf] = {
    "credit_limit": FigureOf(credit_limit, "money", "the credit line"),
    "drawn_share": FigureOf(drawn_share, "share", "share of the credit line that is drawn"),
    "assets": FigureOf(assets, "money", "holdings: balances and products, without debts"),
    "products": FigureOf(products, "count", "products held"),
    "bank_accounts": FigureOf(bank_accounts, "count", "accounts with money in them; prepaid credit and debts are none"),
    "usage_months": FigureOf(usage_months, "count", "months of the last thirteen with minutes or data"),
    "business_traits": FigureOf(business_traits, "count", "how many of industry, founding day, debt ratio are known"),
    "revenue_12m": FigureOf(revenue_12m, "money", "spend of the last twelve months"),
    "revenue_monthly": FigureOf(revenue_monthly, "money", "mean monthly spend of the last three complete months"),
    "months_of_custom": FigureOf(months_of_custom, "months", "complete months as a customer"),
    "years_in_business": FigureOf(years_in_business, "years", "complete years since the business was founded"),
    "debt_ratio": FigureOf(debt_ratio, "share", "debts over assets"),
    "bad_faith": FigureOf(bad_faith, "yes or no", "dealt in bad faith"),
    "litigation": FigureOf(litigation, "yes or no", "in a lawsuit"),
    "months_inactive": FigureOf(months_inactive, "months", "complete months since the last act of their own"),
    "decline": FigureOf(decline, "share", "how much less three months brought than the three before"),
}
"""Every figure that a criterion may name."""
