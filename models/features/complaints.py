"""Complaints and how they were handled.

Source: Hadden et al. 2006, "Churn prediction using complaints data".
"""

from __future__ import annotations

from models.features.base import Feature, feature
from models.features.view import View
from stream.domain.events import SEVERITIES
from stream.domain.state import ComplaintCase

_COMPLAINTS = "Hadden et al. 2006"
_QUARTER = 90


def _lately(view: View) -> list[ComplaintCase]:
    return [case for case in view.state.complaints.values() if view.age(case.updated_at) <= _QUARTER]


def known(view: View) -> bool:
    """Tell whether any of these features can be other than `ABSENT`."""
    return bool(view.state.complaints)


@feature(
    unit="complaints",
    meaning="complaints opened within 90 days",
    source=_COMPLAINTS,
    zh="近90天投诉{value:.0f}次",
    en="{value:.0f} complaints in 90 days",
)
def complaints_90(view: View) -> float | None:
    """Return the number."""
    return len([case for case in view.state.complaints.values() if view.age(case.opened_at) <= _QUARTER])


@feature(
    unit="days",
    meaning="since the last news of a complaint",
    source=_COMPLAINTS,
    log=True,
    zh="距上次投诉动态{value:.0f}天",
    en="{value:.0f} days since the last complaint's news",
)
def since_complaint(view: View) -> float | None:
    """Return the days; missing without a complaint."""
    cases = view.state.complaints
    return view.age(max(case.updated_at for case in cases.values())) if cases else None


@feature(
    unit="days",
    meaning="that the oldest open complaint has waited for an answer",
    source=_COMPLAINTS,
    log=True,
    zh="投诉等待答复{value:.1f}天",
    en="a complaint has waited {value:.1f} days for an answer",
)
def complaint_waiting(view: View) -> float | None:
    """Return the days, 0 where all are answered; missing without a complaint."""
    cases = view.state.complaints
    if not cases:
        return None
    return max(view.age(case.waiting_since) if case.waiting_since else 0.0 for case in cases.values())


@feature(
    unit="complaints",
    meaning="complaints with news within 90 days that did not end satisfied",
    source=_COMPLAINTS,
    zh="近90天{value:.0f}件投诉未满意",
    en="{value:.0f} complaints not settled to satisfaction",
)
def complaints_unsettled(view: View) -> float | None:
    """Return the number; missing without a complaint."""
    return len([case for case in _lately(view) if not case.satisfied]) if view.state.complaints else None


@feature(
    unit="grade",
    meaning="severity of the gravest complaint with news within 90 days: 1 low to 4 critical, 0 not given",
    source=_COMPLAINTS,
    zh="投诉严重程度{value:.0f}(最高4)",
    en="gravest complaint {value:.0f} of 4",
)
def complaint_severity(view: View) -> float | None:
    """Return the grade; missing without a recent complaint."""
    lately = _lately(view)
    if not lately:
        return None
    return max(SEVERITIES.index(case.severity) + 1 if case.severity else 0 for case in lately)


FEATURES: tuple[Feature, ...] = (
    complaints_90,
    since_complaint,
    complaint_waiting,
    complaints_unsettled,
    complaint_severity,
)
ABSENT: tuple[float | None, ...] = (0.0, None, None, None, None)
