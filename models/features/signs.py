"""Hard signs among the service events: what failed, what was asked for.

Sources: failed service encounters, Keaveney 1995, "Customer switching behavior in service industries"; requests, the
practice of number portability and of account switching services.
"""

from __future__ import annotations

from models.features.base import Feature, feature
from models.features.view import View

_SWITCHING = "Keaveney 1995"
_REQUEST = "practice: number portability, account switching"
_QUARTER = 90


def _within(view: View, type_: str, days: int) -> int:
    return len([time for time in view.service_events.get(type_, ()) if view.age(time) <= days])


def _last(view: View, type_: str) -> int:
    return max(view.service_events.get(type_, ()), default=0)


def known(view: View) -> bool:
    """Tell whether any of these features can be other than `ABSENT`."""
    return bool(view.state.recent)


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
    for what in ("port_out", "account_closing"):
        asked = _last(view, f"{what}_requested")
        if asked and view.age(asked) <= _QUARTER and asked > _last(view, f"{what}_cancelled"):
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
    return float(_last(view, "suspended") > _last(view, "restored"))


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


FEATURES: tuple[Feature, ...] = (
    incidents_30,
    incidents_90,
    orders_cancelled,
    asked_to_leave,
    saved_before,
    renewal_declined,
    suspended,
    plan_changes,
)
ABSENT: tuple[float | None, ...] = (0.0,) * len(FEATURES)
