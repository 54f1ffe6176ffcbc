"""What a customer is worth to us in a year: what they paid, or a margin on what they keep where that is not known."""

from __future__ import annotations

from typing import Literal

from stream.domain import holdings
from stream.domain.business import Business
from stream.domain.state import SPEND, State

Basis = Literal["revenue_12m", "assets", "unknown"]
_WEEKS = 52


def worth(state: State, today: int, business: Business, margin: float) -> tuple[int, Basis]:
    """Return the value in minor units and what it is based on.

    Args:
        state: the customer.
        today: the business day up to which the last twelve months (52 weeks, this one included) go.
        business: calendar and units.
        margin: what a year's assets earn us, as a share of them.
    """
    first = business.week(today) - _WEEKS + 1
    revenue = sum(bucket[SPEND] for week, bucket in state.weeks.numbered() if week >= first)
    if revenue > 0:
        return revenue, "revenue_12m"
    assets = holdings.current(state, today)
    value = round(assets * margin)
    return (value, "assets") if value > 0 else (0, "unknown")
