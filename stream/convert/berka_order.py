"""The order of one account's rows within a day.

Berka's dates have day precision, and within a day the files are not in the order in which the balances
arose: in the 1993-94 cut the last row of the file is not the closing balance on 4,136 of
39,960 account-days. Each row says the balance after it, so the order can be found: 8,283 of the 8,285 days
with more than one row chain exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

_ROUNDING = Decimal("1.01")  # balances are rounded; with this much room all but two days chain


class Movement(NamedTuple):
    """One row of `trans`. `day` is a proleptic ordinal, `slot` the row's place in its day."""

    trans_id: str
    day: int
    slot: int
    direction: str
    amount: Decimal
    balance: Decimal
    category: str
    channel: str | None
    bank: str

    @property
    def opening(self) -> Decimal:
        """The balance before the row."""
        return self.balance - self.amount if self.direction == "in" else self.balance + self.amount


def chained(rows: Sequence[Movement], closing: Decimal | None) -> list[Movement]:
    """Order one account's rows of one day so that each begins with the balance the one before left.

    Args:
        rows: in file order.
        closing: the balance the day before ended with; None when it is not known.

    Returns:
        The rows, in the places (`slot`) that the day gave them. In file order when they do not chain.
    """
    if len(rows) < 2:
        return list(rows)
    found = _follow(rows, closing if closing is not None else _start(rows))
    if found is None:
        return list(rows)
    return [row._replace(slot=place.slot) for row, place in zip(found, rows, strict=True)]


def _follow(rows: Sequence[Movement], balance: Decimal) -> list[Movement] | None:
    left, found = list(rows), []
    while left:
        nearest = min(left, key=lambda row: abs(row.opening - balance))  # ties: file order
        if abs(nearest.opening - balance) > _ROUNDING:
            return None
        left.remove(nearest)
        found.append(nearest)
        balance = nearest.balance
    return found


def _start(rows: Sequence[Movement]) -> Decimal:
    """Return the opening that no other row's balance explains best: what the day began with."""
    return max(rows, key=lambda row: min(abs(row.opening - other.balance) for other in rows)).opening
