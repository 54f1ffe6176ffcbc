"""What went wrong and what was asked for: complaints, incidents, requests to leave, forwarding, contacts, the group.

Sources: complaints and how they were handled, Hadden et al. 2006, "Churn prediction using complaints data"; failed
service encounters, Keaveney 1995, "Customer switching behavior in service industries"; neighbours who leave, Dasgupta
et al. 2008, "Social ties and their relevance to churn in mobile telecom networks".
"""

from __future__ import annotations

from models.features.base import Feature, feature
from models.features.view import View
from stream.domain import recent
from stream.domain.departures import groups_of
from stream.domain.events import SEVERITIES
from stream.domain.state import ComplaintCase

_COMPLAINTS = "Hadden et al. 2006"
_SWITCHING = "Keaveney 1995"
_NEIGHBOURS = "Dasgupta et al. 2008"
_REQUEST = "practice: number portability, account switching"
_CONTACT = "practice: relationship managers' contact standards"
_QUARTER = 90


def _lately(view: View) -> list[ComplaintCase]:
    return [case for case in view.state.complaints.values() if view.age(case.updated_at) <= _QUARTER]


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


def _within(view: View, type_: str, days: int) -> int:
    return len([time for time in recent.times(view.state, type_) if view.age(time) <= days]) if view.state.recent else 0


@feature(
    unit="incidents",
    meaning="service incidents (dropped calls, failed payments, long queues) within 30 days",
    source=_SWITCHING,
    log=True,
    zh="近30天服务故障{value:.0f}次",
    en="{value:.0f} service incidents in 30 days",
)
def incidents_30(view: View) -> float | None:
    """Return the number."""
    return _within(view, "service_incident", 30)


@feature(
    unit="incidents",
    meaning="service incidents within 90 days",
    source=_SWITCHING,
    log=True,
    zh="近90天服务故障{value:.0f}次",
    en="{value:.0f} service incidents in 90 days",
)
def incidents_90(view: View) -> float | None:
    """Return the number."""
    return _within(view, "service_incident", _QUARTER)


@feature(
    unit="orders",
    meaning="standing orders cancelled within 90 days",
    source="practice: account switching begins with the standing orders",
    zh="近90天取消{value:.0f}个定期委托",
    en="{value:.0f} standing orders cancelled in 90 days",
)
def orders_cancelled(view: View) -> float | None:
    """Return the number."""
    return _within(view, "standing_order_cancelled", _QUARTER)


@feature(
    unit="yes or no",
    meaning="a port-out or closing request within 90 days that was not cancelled",
    source=_REQUEST,
    zh="申请携转或销户：{value:.0f}",
    en="asked to leave: {value:.0f}",
)
def asked_to_leave(view: View) -> float | None:
    """Return 1 while a request stands, else 0."""
    state = view.state
    if not state.recent:
        return 0
    for what in ("port_out", "account_closing"):
        asked = recent.last(state, f"{what}_requested")
        if asked and view.age(asked) <= _QUARTER and asked > recent.last(state, f"{what}_cancelled"):
            return 1
    return 0


@feature(
    unit="yes or no",
    meaning="a request to leave within 365 days that was cancelled: once saved, often tempted again",
    source=_REQUEST,
    zh="曾撤回离网申请：{value:.0f}",
    en="took back a request to leave: {value:.0f}",
)
def saved_before(view: View) -> float | None:
    """Return 1 where a request was taken back, else 0."""
    return float(_within(view, "port_out_cancelled", 365) + _within(view, "account_closing_cancelled", 365) > 0)


@feature(
    unit="yes or no",
    meaning="a renewal declined within 180 days",
    source=_REQUEST,
    zh="拒绝续约：{value:.0f}",
    en="declined a renewal: {value:.0f}",
)
def renewal_declined(view: View) -> float | None:
    """Return 1 where a renewal was declined, else 0."""
    return float(_within(view, "renewal_declined", 180) > 0)


@feature(
    unit="yes or no",
    meaning="suspended (arrears) and not restored",
    source="practice: involuntary churn begins with a suspension",
    zh="停机中：{value:.0f}",
    en="suspended: {value:.0f}",
)
def suspended(view: View) -> float | None:
    """Return 1 while suspended, else 0."""
    if not view.state.recent:
        return 0
    return float(recent.last(view.state, "suspended") > recent.last(view.state, "restored"))


@feature(
    unit="changes",
    meaning="changes of the plan within 180 days",
    source=_SWITCHING,
    zh="近半年更换套餐{value:.0f}次",
    en="{value:.0f} changes of plan in half a year",
)
def plan_changes(view: View) -> float | None:
    """Return the number."""
    return _within(view, "plan_changed", 180)


@feature(
    unit="grade",
    meaning="calls forwarded to another network: 2 all of them, 1 some, 0 none",
    source="practice: an unconditional forwarding off the network precedes the port-out",
    zh="呼叫转移至他网程度{value:.0f}(最高2)",
    en="calls forwarded to another network: {value:.0f} of 2",
)
def forwarded_away(view: View) -> float | None:
    """Return the grade; missing for who never forwarded."""
    now = view.state.forwarding
    if now is None:
        return None
    if now.state == "inactive" or now.network is None or now.network in view.business.own_networks:
        return 0
    return 2 if now.state == "unconditional" else 1


@feature(
    unit="days",
    meaning="since the forwarding was last changed",
    source="practice: see forwarded_away",
    log=True,
    zh="距呼叫转移变更{value:.0f}天",
    en="{value:.0f} days since forwarding changed",
)
def since_forwarding(view: View) -> float | None:
    """Return the days; missing for who never forwarded."""
    return None if view.state.forwarding is None else view.age(view.state.forwarding.time)


@feature(
    unit="days",
    meaning="since somebody last reached the customer",
    source=_CONTACT,
    log=True,
    zh="距上次联系成功{value:.0f}天",
    en="{value:.0f} days since they were last reached",
)
def since_reached(view: View) -> float | None:
    """Return the days; missing for who was never reached."""
    contact = view.state.contact
    return view.age(contact.reached_at) if contact is not None and contact.reached_at else None


@feature(
    unit="attempts",
    meaning="attempts without an answer since the last one that reached the customer",
    source=_CONTACT,
    log=True,
    zh="连续{value:.0f}次联系无回应",
    en="{value:.0f} attempts without an answer",
)
def unanswered(view: View) -> float | None:
    """Return the number; missing where nobody ever tried."""
    return None if view.state.contact is None else view.state.contact.unanswered


@feature(
    unit="ratio",
    meaning="days since the customer was last reached over the standard of the class that the profile names",
    source=_CONTACT,
    log=True,
    zh="联系间隔为标准的{value:.1f}倍",
    en="contact overdue: {value:.1f} times the standard",
)
def contact_overdue(view: View) -> float | None:
    """Return the ratio; missing without a standard or a contact."""
    state = view.state
    if state.contact is None or not state.contact.reached_at or state.profile is None or not state.profile.class_:
        return None
    standard = view.business.classes.of(state, view.today).contact_days
    return view.age(state.contact.reached_at) / standard if standard else None


@feature(
    unit="yes or no",
    meaning="enough of the customer's household, payroll group or circle left lately to warn the others",
    source=_NEIGHBOURS,
    zh="所在群组有人离开：{value:.0f}",
    en="others of their group left: {value:.0f}",
)
def group_leaving(view: View) -> float | None:
    """Return 1 while that warning is open, else 0; missing for who belongs to no group."""
    if "group_contagion" in view.state.episodes:
        return 1
    return 0 if groups_of(view.state) else None


FEATURES: tuple[Feature, ...] = (
    complaints_90,
    since_complaint,
    complaint_waiting,
    complaints_unsettled,
    complaint_severity,
    incidents_30,
    incidents_90,
    orders_cancelled,
    asked_to_leave,
    saved_before,
    renewal_declined,
    suspended,
    plan_changes,
    forwarded_away,
    since_forwarding,
    since_reached,
    unanswered,
    contact_overdue,
    group_leaving,
)
