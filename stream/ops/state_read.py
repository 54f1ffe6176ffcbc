"""The parts of a worker's `/state/CUSTOMER` as the structs that they were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec import Struct

from stream.domain.ring import Ring
from stream.domain.state import DAYS, Account, Bucket, Holding, State

S = TypeVar("S", bound=Struct)
Raw = Mapping[str, Any]


def holdings_of(raw: Raw) -> State:
    """Return a state that knows the accounts and products only."""
    accounts = {name: _account(one) for name, one in raw["accounts"].items()}
    return State(accounts=accounts, products={name: _holding(one) for name, one in raw["products"].items()})


def buckets(raw: Raw, period: str) -> dict[int, Bucket]:
    """Return what moved by number of the period: `days`, `weeks` or `months`."""
    return {int(number): bucket for number, bucket in raw[period].items() if bucket}


def known(kind: type[S], raw: Raw) -> dict[str, Any]:
    """Leave out what a newer worker may know besides."""
    return {name: raw[name] for name in kind.__struct_fields__ if name in raw}


def _account(raw: Raw) -> Account:
    closings = {int(day): int(closing) for day, closing in raw["closings"].items()}
    ring: Ring[int] = Ring()
    for day in sorted(closings):
        ring.put(day, closings[day], DAYS + 1, day)  # one before the window is carried to its edge
    return Account(**(known(Account, raw) | {"closings": ring}))


def _holding(raw: Raw) -> Holding:
    return Holding(**known(Holding, raw))
