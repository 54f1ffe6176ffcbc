"""What the customer pays, moves and sends back. Money in units of the base currency.

`Spend` is what we earn by them net of returns; `out` is all that goes out, spend and transfers. Sources as in
`activity`; returns: Reinartz and Kumar 2003, "The impact of customer relationship characteristics on profitable
lifetime duration".
"""

from __future__ import annotations

from math import log2

from models.features.base import Feature, feature
from models.features.view import View
from stream.domain.state import UNITS, USAGE

_SUMS = "Neslin et al. 2006"
_TRENDS = "Buckinx and Van den Poel 2005"
_RETURNS = "Reinartz and Kumar 2003"
_ITEMS = USAGE + UNITS["item"]


def _out(days: int) -> str:
    return f"money out in the last {days} days"


@feature(
    unit="money", meaning=_out(7), source=_SUMS, log=True, zh="近7天支出{value:,.0f}", en="{value:,.0f} out in 7 days"
)
def out_7(view: View) -> float | None:
    """Return the money out of seven days."""
    return view.business.major(view.last_7.out)


@feature(
    unit="money",
    meaning=_out(30),
    source=_SUMS,
    log=True,
    zh="近30天支出{value:,.0f}",
    en="{value:,.0f} out in 30 days",
)
def out_30(view: View) -> float | None:
    """Return the money out of 30 days."""
    return view.business.major(view.last_30.out)


@feature(
    unit="money",
    meaning=_out(90),
    source=_SUMS,
    log=True,
    zh="近90天支出{value:,.0f}",
    en="{value:,.0f} out in 90 days",
)
def out_90(view: View) -> float | None:
    """Return the money out of 90 days."""
    return view.business.major(view.last_90.out)


@feature(
    unit="money",
    meaning="money out in the last 26 weeks, this one included",
    source=_SUMS,
    log=True,
    zh="近180天支出{value:,.0f}",
    en="{value:,.0f} out in 180 days",
)
def out_180(view: View) -> float | None:
    """Return the money out of half a year."""
    return view.business.major(view.last_180.out)


@feature(
    unit="money",
    meaning="money out in the last 53 weeks, this one included",
    source=_SUMS,
    log=True,
    zh="近一年支出{value:,.0f}",
    en="{value:,.0f} out in a year",
)
def out_365(view: View) -> float | None:
    """Return the money out of a year."""
    return view.business.major(view.last_365.out)


@feature(
    unit="money",
    meaning="money in during the last 90 days, returns included",
    source=_SUMS,
    log=True,
    zh="近90天收入{value:,.0f}",
    en="{value:,.0f} in during 90 days",
)
def in_90(view: View) -> float | None:
    """Return the money in of 90 days."""
    return view.business.major(view.last_90.came_in)


@feature(
    unit="money",
    meaning="what we earned by the customer in the last 53 weeks, net of returns",
    source=_SUMS,
    log=True,
    zh="近一年贡献{value:,.0f}",
    en="{value:,.0f} of revenue in a year",
)
def spend_365(view: View) -> float | None:
    """Return a year's spend; below zero where more came back than was bought."""
    return view.business.major(view.last_365.spend)


@feature(
    unit="money",
    meaning="money out per act, over the last 53 weeks",
    source=_SUMS,
    log=True,
    zh="平均每次{value:,.0f}",
    en="{value:,.0f} per act",
)
def mean_amount(view: View) -> float | None:
    """Return the mean amount; missing without an act in a year."""
    year = view.last_365
    return view.business.major(year.out) / year.acts if year.acts else None


@feature(
    unit="log ratio",
    meaning="money out per act of the last 90 days against the year's",
    source=_TRENDS,
    zh="每次金额变化(对数){value:+.2f}",
    en="amount per act {value:+.2f} (log) against the year",
)
def amount_trend(view: View) -> float | None:
    """Return `log2` of the change; missing where either has no money out."""
    now, year = view.last_90, view.last_365
    if now.out <= 0 or year.out <= 0 or not now.acts or not year.acts:
        return None
    return log2(now.out * year.acts / (year.out * now.acts))


@feature(
    unit="items",
    meaning="items per act, over the last 53 weeks",
    source="basket size, Buckinx and Van den Poel 2005",
    log=True,
    zh="平均每次{value:,.0f}件",
    en="{value:,.0f} items per act",
)
def items_per_act(view: View) -> float | None:
    """Return the mean basket; missing where no items are counted."""
    year = view.used_in_year
    items = year[_ITEMS - USAGE] if len(year) > _ITEMS - USAGE else 0
    return items / 1000 / view.last_365.acts if items and view.last_365.acts else None


def _trend(now: int, before: int, acts: int) -> float | None:
    """Return `log2` of a change of sums, each with half a mean movement added so that a zero is not infinite."""
    if now <= 0 and before <= 0:
        return None
    little = max(1.0, (max(now, 0) + max(before, 0)) / (2 * max(1, acts)))
    return log2((max(now, 0) + little) / (max(before, 0) + little))


@feature(
    unit="log ratio",
    meaning="money out in the last three complete months against the three before",
    source=_TRENDS,
    zh="三个月支出变化(对数){value:+.2f}",
    en="money out over 3 months {value:+.2f} (log)",
)
def out_trend_3m(view: View) -> float | None:
    """Return `log2` of the change; missing for a customer of less than half a year."""
    if view.tenure is None or view.tenure < 120:
        return None
    now, before = view.quarters
    return _trend(now.out, before.out, now.acts + before.acts)


@feature(
    unit="log ratio",
    meaning="money out in the last 26 weeks against the 26 before",
    source=_TRENDS,
    zh="六个月支出变化(对数){value:+.2f}",
    en="money out over 6 months {value:+.2f} (log)",
)
def out_trend_6m(view: View) -> float | None:
    """Return `log2` of the change; missing for a customer of less than about a year."""
    if view.tenure is None or view.tenure < 240:
        return None
    now, year = view.last_180, view.last_365
    return _trend(now.out, year.out - now.out, year.acts)


@feature(
    unit="log ratio",
    meaning="money in during the last three complete months against the three before",
    source=_TRENDS,
    zh="三个月收入变化(对数){value:+.2f}",
    en="money in over 3 months {value:+.2f} (log)",
)
def in_trend_3m(view: View) -> float | None:
    """Return `log2` of the change; missing for a customer of less than half a year."""
    if view.tenure is None or view.tenure < 120:
        return None
    now, before = view.quarters
    return _trend(now.came_in, before.came_in, 6)


@feature(
    unit="log ratio",
    meaning="spend of the last three complete months against the three before",
    source=_TRENDS,
    zh="三个月贡献变化(对数){value:+.2f}",
    en="revenue over 3 months {value:+.2f} (log)",
)
def spend_trend_3m(view: View) -> float | None:
    """Return `log2` of the change; missing for a customer of less than half a year."""
    if view.tenure is None or view.tenure < 120:
        return None
    now, before = view.quarters
    return _trend(now.spend, before.spend, 6)


@feature(
    unit="returns",
    meaning="returns ever made",
    source=_RETURNS,
    log=True,
    zh="累计退货{value:.0f}次",
    en="{value:.0f} returns in all",
)
def returns(view: View) -> float | None:
    """Return the number of returns."""
    return view.state.returns


@feature(
    unit="ratio",
    meaning="returns for each act of the customer's own",
    source=_RETURNS,
    zh="退货率{value:.0%}",
    en="{value:.0%} of acts were returned",
)
def return_share(view: View) -> float | None:
    """Return returns over acts, at most 10; missing without an act."""
    return min(10.0, view.state.returns / view.state.acts) if view.state.acts else None


@feature(
    unit="days",
    meaning="since the last return",
    source=_RETURNS,
    log=True,
    zh="距上次退货{value:.0f}天",
    en="{value:.0f} days since the last return",
)
def since_return(view: View) -> float | None:
    """Return the days since the last return; missing without one."""
    return view.age(view.state.returned_at) if view.state.returned_at else None


FEATURES: tuple[Feature, ...] = (
    out_7,
    out_30,
    out_90,
    out_180,
    out_365,
    in_90,
    spend_365,
    mean_amount,
    amount_trend,
    items_per_act,
    out_trend_3m,
    out_trend_6m,
    in_trend_3m,
    spend_trend_3m,
    returns,
    return_share,
    since_return,
)
