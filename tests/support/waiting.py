"""A customer for whom nothing happens any more, and what timers have to say of it."""

from __future__ import annotations

from support.timeline import Line, at


def asks(customer: str) -> list[Line]:
    """Return what makes three rules ask to be woken: a complaint, a deposit, a standard of contact."""
    start = at("2025-03-10 10:00")
    deposit = {"kind": "deposit", "amount": 50_000, "matures_on": "2025-04-15"}
    return [
        start.profile(customer, class_="key", segment="corporate", rm_id="r"),
        start.plus(minutes=1).event("contacts", customer, staff_id="r", how="call", result="reached"),
        start.plus(minutes=2).product(customer, "product_opened", "p", **deposit),
        start.plus(minutes=3).complaint(customer, "k", severity="medium", subject="Card fee"),
    ]


TOLD = [
    ("2025-03-12T02:03:00.000Z", "complaint_unanswered", "opened", "medium"),
    ("2025-03-14T02:03:00.000Z", "complaint_unanswered", "updated", "high"),
    ("2025-03-16T01:00:00.000Z", "product_maturing", "opened", "low"),
    ("2025-04-08T01:00:00.000Z", "product_maturing", "updated", "medium"),
    ("2025-04-13T02:03:00.000Z", "complaint_unanswered", "expired", "high"),
    ("2025-04-14T01:00:00.000Z", "product_maturing", "updated", "high"),
    ("2025-04-15T00:00:00.000Z", "contact_gap", "opened", "high"),
    ("2025-04-16T01:00:00.000Z", "product_maturing", "resolved", "high"),
]
"""Every warning by the end of April: event time, kind, state, severity."""


def told(alert: dict[str, str]) -> tuple[str, str, str, str]:
    """Return what `TOLD` holds of an alert."""
    return alert["event_time"], alert["kind"], alert["state"], alert["severity"]
