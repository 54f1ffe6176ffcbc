"""Money that goes to other institutions, and the salary that should come in.

Sources: share of wallet at competitors, Buckinx and Van den Poel 2005; the salary account as the anchor of a banking
relation, practice (design section 1).
"""

from __future__ import annotations

from itertools import pairwise
from statistics import median

from models.features.base import Feature, feature
from models.features.view import View

_WALLET = "Buckinx and Van den Poel 2005"
_SALARY = "practice: the salary account anchors the relation"
_FRESH_DAYS = 14


@feature(
    unit="share",
    meaning="share of the money out that went to other institutions, 30 days",
    source=_WALLET,
    zh="近30天{value:.0%}的支出转往他行",
    en="{value:.0%} of money out went elsewhere in 30 days",
)
def elsewhere_share_30(view: View) -> float | None:
    """Return the share; missing where no money went out."""
    now = view.last_30
    return min(1.0, now.elsewhere / now.out) if now.out > 0 else None


@feature(
    unit="share",
    meaning="share of the money out that went to other institutions, 53 weeks",
    source=_WALLET,
    zh="近一年{value:.0%}的支出转往他行",
    en="{value:.0%} of money out went elsewhere in a year",
)
def elsewhere_share_365(view: View) -> float | None:
    """Return the share; missing where no money went out."""
    year = view.last_365
    return min(1.0, year.elsewhere / year.out) if year.out > 0 else None


@feature(
    unit="money",
    meaning="money sent to other institutions in 30 days",
    source=_WALLET,
    log=True,
    zh="近30天转往他行{value:,.0f}",
    en="{value:,.0f} sent elsewhere in 30 days",
)
def elsewhere_30(view: View) -> float | None:
    """Return the sum; missing where nothing went elsewhere in a year."""
    return view.business.major(view.last_30.elsewhere) if view.last_365.elsewhere else None


@feature(
    unit="share",
    meaning="what went elsewhere in 30 days against what is left and what went",
    source=_WALLET,
    zh="近30天转走资产的{value:.0%}",
    en="{value:.0%} of the holdings sent elsewhere in 30 days",
)
def elsewhere_of_balance(view: View) -> float | None:
    """Return the share; missing without accounts or any money."""
    closings, gone = view.closings, view.last_30.elsewhere
    total = gone + max(0, closings[-1]) if closings else 0
    return gone / total if total > 0 else None


@feature(
    unit="money",
    meaning="sent to accounts of the customer's own elsewhere in two weeks",
    source=_WALLET,
    log=True,
    zh="两周内转往本人他行账户{value:,.0f}",
    en="{value:,.0f} sent to their own accounts elsewhere in two weeks",
)
def own_name_elsewhere(view: View) -> float | None:
    """Return the sum; missing where nothing went elsewhere in a year."""
    if not view.last_365.elsewhere:
        return None
    flows = view.state.outflows
    return view.business.major(sum([f.amount for f in flows if f.own_name and view.age(f.time) <= _FRESH_DAYS]))


@feature(
    unit="days",
    meaning="since the last payroll credit",
    source=_SALARY,
    log=True,
    zh="距上次代发工资{value:.0f}天",
    en="{value:.0f} days since the last salary",
)
def since_payroll(view: View) -> float | None:
    """Return the days; missing where no salary was ever seen."""
    paid = view.state.payrolls
    return max(0, view.today - paid[-1][0]) if paid else None


@feature(
    unit="ratio",
    meaning="days since the last payroll credit over the median gap between them",
    source=_SALARY,
    log=True,
    zh="距上次工资已是发薪周期的{value:.1f}倍",
    en="{value:.1f} pay cycles since the last salary",
)
def payroll_overdue(view: View) -> float | None:
    """Return the ratio; missing under three credits."""
    paid = view.state.payrolls
    if len(paid) < 3:
        return None
    days = [day for day, _ in paid]
    usual = median([later - day for day, later in pairwise(days)])
    return max(0, view.today - days[-1]) / usual


@feature(
    unit="money",
    meaning="median payroll credit",
    source=_SALARY,
    log=True,
    zh="代发工资约{value:,.0f}",
    en="a salary of about {value:,.0f}",
)
def payroll_amount(view: View) -> float | None:
    """Return the median amount; missing where no salary was ever seen."""
    paid = view.state.payrolls
    return view.business.major(round(median([amount for _, amount in paid]))) if paid else None


@feature(
    unit="ratio",
    meaning="the last payroll credit over the median one",
    source=_SALARY,
    zh="最近工资为平时的{value:.0%}",
    en="the last salary was {value:.0%} of the usual",
)
def payroll_last(view: View) -> float | None:
    """Return the ratio, at most 5; missing under three credits."""
    paid = view.state.payrolls
    if len(paid) < 3:
        return None
    usual = median([amount for _, amount in paid])
    return min(5.0, paid[-1][1] / usual) if usual > 0 else None


FEATURES: tuple[Feature, ...] = (
    elsewhere_share_30,
    elsewhere_share_365,
    elsewhere_30,
    elsewhere_of_balance,
    own_name_elsewhere,
    since_payroll,
    payroll_overdue,
    payroll_amount,
    payroll_last,
)
