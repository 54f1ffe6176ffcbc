"""Alerts, profiles and staff for tests of the desk, with everything that a test does not care about filled in."""

from __future__ import annotations

from typing import Any

import msgspec

from stream.desk.store.repositories.alerts import Incoming, incoming
from stream.domain.alerts import Alert, NextStep, Rank, Words, alert_id, episode_id, rfc3339
from stream.domain.events import Customer, Staff

NOW = 1_795_000_000_000
"""2026-11-18, epoch ms."""
HOUR = 3_600_000
DAY = 24 * HOUR


def alert(
    customer: str = "c1",
    kind: str = "balance_drop",
    sequence: int = 1,
    state: str = "opened",
    time: int = NOW,
    points: float = 100.0,
    due: int | None = None,
    opened: str = "",
    **more: Any,
) -> Alert:
    """Return an alert; `opened` tells episodes of one customer and kind apart."""
    episode = episode_id(customer, kind, 0, (opened,))
    filled: dict[str, Any] = {
        "alert_id": alert_id(episode, sequence),
        "episode_id": episode,
        "sequence": sequence,
        "state": state,
        "kind": kind,
        "severity": "high",
        "priority": 2,
        "customer_id": customer,
        "rm_id": "rm-1",
        "branch_id": "b-1",
        "routes": ["rm:rm-1"],
        "title": Words("余额骤降", "Sudden balance drop"),
        "reason": Words("余额下降", "The balance fell"),
        "next_step": NextStep("致电", "Call", rfc3339(due)) if due is not None else None,
        "evidence": {"low": 10},
        "series": [["2026-11-17", 10.0]],
        "event_time": rfc3339(time),
        "rule": kind,
        "rule_version": 1,
        "causes": ["e1"],
        "rank": Rank(1000.0, "revenue_12m", 0.5, "rule", 0.4, "mass", 1.0, False, points),
        "detected_at": rfc3339(time + 20),
    }
    return msgspec.convert(msgspec.to_builtins(filled | more), Alert)


def arrived(envelope: Alert, received: int = NOW, **more: Any) -> Incoming:
    """Return its rows, as intake makes them."""
    return incoming(envelope, msgspec.json.encode(envelope), received, **more)


def opened(customer: str = "c1", received: int = NOW, **more: Any) -> Incoming:
    """Return the rows of an alert."""
    return arrived(alert(customer, **more), received)


def customer(customer_id: str = "c1", time: int = NOW, **more: Any) -> Customer:
    """Return a profile as `customers` brings it."""
    return Customer(event_id=f"{customer_id}-{time}", customer_id=customer_id, time=time, **more)


def staff(staff_id: str | None = "rm-1", time: int = NOW, status: str = "active", **more: Any) -> Staff:
    """Return a record of `staff`."""
    return msgspec.convert(
        {"event_id": f"{staff_id}-{time}", "time": time, "staff_id": staff_id, "status": status, **more}, Staff
    )
