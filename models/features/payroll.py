"""The salary that should come in: it anchors a banking relation (practice, design section 1)."""

from __future__ import annotations

from itertools import pairwise
from statistics import median

from models.features.base import Feature, feature
from models.features.view import View

_SALARY = "practice: the salary account anchors the relation"


def known(view: View) -> bool:
    """Tell whether any of these features can be other than `ABSENT`."""
    return bool(view.state.payrolls)


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
    since_payroll,
    payroll_overdue,
    payroll_amount,
    payroll_last,
)
ABSENT: tuple[float | None, ...] = (None,) * len(FEATURES)
