"""How much the customer does, now and against their own past. Counts are of acts, `State` says which those are.

Sources: counts and sums over several windows are the staple of churn models since Neslin et al. 2006, "Defection
detection"; trends of them: Buckinx and Van den Poel 2005, "Customer base analysis: partial defection".
"""

from __future__ import annotations

from math import log2

from models.features.base import Feature, feature
from models.features.view import View

_COUNTS = "Neslin et al. 2006"
_TRENDS = "Buckinx and Van den Poel 2005"
_WEIGHTED = "exponential smoothing, Brown 1959"


def _count(days: int) -> str:
    return f"acts in the last {days} days"


@feature(
    unit="acts", meaning=_count(7), source=_COUNTS, log=True, zh="近7天{value:.0f}次", en="{value:.0f} acts in 7 days"
)
def acts_7(view: View) -> float | None:
    """Return the acts of seven days, today included."""
    return view.last_7.acts


@feature(
    unit="acts",
    meaning=_count(30),
    source=_COUNTS,
    log=True,
    zh="近30天{value:.0f}次",
    en="{value:.0f} acts in 30 days",
)
def acts_30(view: View) -> float | None:
    """Return the acts of 30 days."""
    return view.last_30.acts


@feature(
    unit="acts",
    meaning=_count(90),
    source=_COUNTS,
    log=True,
    zh="近90天{value:.0f}次",
    en="{value:.0f} acts in 90 days",
)
def acts_90(view: View) -> float | None:
    """Return the acts of 90 days."""
    return view.last_90.acts


@feature(
    unit="acts",
    meaning="acts in the last 26 weeks, this one included",
    source=_COUNTS,
    log=True,
    zh="近180天{value:.0f}次",
    en="{value:.0f} acts in 180 days",
)
def acts_180(view: View) -> float | None:
    """Return the acts of half a year."""
    return view.last_180.acts


@feature(
    unit="acts",
    meaning="acts in the last 53 weeks, this one included",
    source=_COUNTS,
    log=True,
    zh="近一年{value:.0f}次",
    en="{value:.0f} acts in a year",
)
def acts_365(view: View) -> float | None:
    """Return the acts of a year."""
    return view.last_365.acts


@feature(
    unit="acts",
    meaning="acts of the customer's own ever seen",
    source=_COUNTS,
    log=True,
    zh="累计{value:.0f}次",
    en="{value:.0f} acts in all",
)
def acts_ever(view: View) -> float | None:
    """Return all own acts."""
    return view.state.acts


@feature(
    unit="days",
    meaning="days with an act among the last 90",
    source=_COUNTS,
    log=True,
    zh="近90天活跃{value:.0f}天",
    en="active on {value:.0f} of 90 days",
)
def active_days_90(view: View) -> float | None:
    """Return the active days of a quarter."""
    return view.last_90.active


@feature(
    unit="weeks",
    meaning="weeks with an act among the last 53",
    source=_COUNTS,
    log=True,
    zh="近一年活跃{value:.0f}周",
    en="active in {value:.0f} weeks of the year",
)
def active_weeks(view: View) -> float | None:
    """Return the active weeks of a year."""
    return view.last_365.active


@feature(
    unit="months",
    meaning="months with an act among the last twelve, this one included",
    source=_COUNTS,
    zh="近12个月活跃{value:.0f}个月",
    en="active in {value:.0f} of 12 months",
)
def active_months(view: View) -> float | None:
    """Return the active months of a year."""
    return view.active_months


@feature(
    unit="acts",
    meaning="acts weighted by age, half-life 30 days",
    source=_WEIGHTED,
    log=True,
    zh="加权活跃度(30天){value:.1f}",
    en="weighted activity (30 d) {value:.1f}",
)
def weighted_30(view: View) -> float | None:
    """Return the activity that forgets in a month."""
    return view.weighted_acts[0]


@feature(
    unit="acts",
    meaning="acts weighted by age, half-life 90 days",
    source=_WEIGHTED,
    log=True,
    zh="加权活跃度(90天){value:.1f}",
    en="weighted activity (90 d) {value:.1f}",
)
def weighted_90(view: View) -> float | None:
    """Return the activity that forgets in a quarter."""
    return view.weighted_acts[1]


@feature(
    unit="acts",
    meaning="acts weighted by age, half-life 180 days",
    source=_WEIGHTED,
    log=True,
    zh="加权活跃度(180天){value:.1f}",
    en="weighted activity (180 d) {value:.1f}",
)
def weighted_180(view: View) -> float | None:
    """Return the activity that forgets in half a year."""
    return view.weighted_acts[2]


@feature(
    unit="days",
    meaning="days with an act weighted by age, half-life 90 days, of the last forty",
    source=_WEIGHTED,
    log=True,
    zh="加权活跃天数(90天){value:.1f}",
    en="weighted active days (90 d) {value:.1f}",
)
def weighted_days_90(view: View) -> float | None:
    """Return how regularly the customer came of late, however much they did on a day."""
    return view.weighted_days[0]


@feature(
    unit="days",
    meaning="days with an act weighted by age, half-life 180 days, of the last forty",
    source=_WEIGHTED,
    log=True,
    zh="加权活跃天数(180天){value:.1f}",
    en="weighted active days (180 d) {value:.1f}",
)
def weighted_days_180(view: View) -> float | None:
    """Return how regularly the customer came over half a year and more."""
    return view.weighted_days[1]


@feature(
    unit="share",
    meaning="months with an act of those that the customer has been here, of the last twelve",
    source=_COUNTS,
    zh="在册月份中{value:.0%}有交易",
    en="active in {value:.0%} of their months",
)
def active_month_share(view: View) -> float | None:
    """Return the share; missing for a customer never heard of."""
    if view.tenure is None:
        return None
    months = min(12, int(view.tenure / 30.4) + 1)
    return min(1.0, view.active_months / months)


@feature(
    unit="log ratio",
    meaning="acts of the last 13 weeks against the 13 before, one added to each",
    source=_TRENDS,
    zh="三个月活跃度变化(对数){value:+.2f}",
    en="activity over 3 months {value:+.2f} (log)",
)
def acts_trend_3m(view: View) -> float | None:
    """Return `log2` of the change; missing for a customer of less than half a year."""
    if view.tenure is None or view.tenure < 120:
        return None
    acts = view.acts_by_week
    return log2((sum(acts[:13]) + 1) / (sum(acts[13:26]) + 1))


@feature(
    unit="log ratio",
    meaning="acts of the last 26 weeks against the 26 before, one added to each",
    source=_TRENDS,
    zh="六个月活跃度变化(对数){value:+.2f}",
    en="activity over 6 months {value:+.2f} (log)",
)
def acts_trend_6m(view: View) -> float | None:
    """Return `log2` of the change; missing for a customer of less than about a year."""
    if view.tenure is None or view.tenure < 240:
        return None
    return log2((view.last_180.acts + 1) / (sum(view.acts_by_week[26:52]) + 1))


@feature(
    unit="acts",
    meaning="acts a year ago in the 13 weeks that now lie ahead",
    source="seasonal naive forecast",
    log=True,
    zh="去年同期(未来13周){value:.0f}次",
    en="{value:.0f} acts in the coming quarter a year ago",
)
def coming_weeks_last_year(view: View) -> float | None:
    """Return last year's acts of the coming quarter; missing for a customer of less than a year."""
    if view.tenure is None or view.tenure < 350:
        return None
    return sum(view.acts_by_week[39:52])


FEATURES: tuple[Feature, ...] = (
    acts_7,
    acts_30,
    acts_90,
    acts_180,
    acts_365,
    acts_ever,
    active_days_90,
    active_weeks,
    active_months,
    weighted_30,
    weighted_90,
    weighted_180,
    weighted_days_90,
    weighted_days_180,
    active_month_share,
    acts_trend_3m,
    acts_trend_6m,
    coming_weeks_last_year,
)
