"""Small parts for tests of the core: a business, events, a step."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from stream.domain.business import Business
from stream.domain.events import Balance, Complaint, Customer, ServiceEvent, Transaction
from stream.domain.fold import fold
from stream.domain.state import State

SHANGHAI = Business(zone=ZoneInfo("Asia/Shanghai"), rates={"USD": 7.1, "JPY": 0.047})
DAY = 86_400_000
HOUR = 3_600_000
T0 = 1_735_700_400_000  # 2025-01-01 11:00 in Shanghai
DAY0 = SHANGHAI.day(T0)


def folded(*events: Any, state: State | None = None, business: Business = SHANGHAI) -> State:
    """Fold events into a state and return it."""
    state = State() if state is None else state
    for event in events:
        fold(state, event, business)
    return state


def balance(time: int, amount: int, account: str = "a", **more: Any) -> Balance:
    """A balance in minor units."""
    return Balance(event_id=f"b{time}{account}", customer_id="c", time=time, account_id=account, balance=amount, **more)


def movement(time: int, amount: int, direction: Any = "out", **more: Any) -> Transaction:
    """A movement in minor units."""
    identity = more.pop("event_id", f"t{time}")
    return Transaction(event_id=identity, customer_id="c", time=time, amount=amount, direction=direction, **more)


def complaint(time: int, name: str, status: Any = "opened", **more: Any) -> Complaint:
    """News of a complaint."""
    return Complaint(event_id=f"k{time}{name}", customer_id="c", time=time, complaint_id=name, status=status, **more)


def service(time: int, kind: Any, **more: Any) -> ServiceEvent:
    """A service event."""
    return ServiceEvent(event_id=f"s{time}{kind}", customer_id="c", time=time, type=kind, **more)


def profile(time: int, **more: Any) -> Customer:
    """A profile."""
    return Customer(event_id=f"p{time}", customer_id="c", time=time, **more)
