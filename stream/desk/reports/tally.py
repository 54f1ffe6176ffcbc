"""Customers to whom something happened, counted by what they are. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from stream.desk.reports.touched import Touched

DIMENSIONS = ("all", "class", "segment", "industry", "product")
FLOWS = ("warned", "contacted", "saved", "lost", "saved_value", "lost_value")
STOCKS = ("customers", "deposits", "loans")
"""As of the end of the month; deposits and loans in minor units."""


class Key(NamedTuple):
    """Of one figure; the value of `all` is empty."""

    measure: str
    dimension: str
    value: str


def tally(customers: Iterable[Touched]) -> dict[Key, float]:
    """Return the flows of a month. A customer with several kinds of products counts with each of them."""
    found: dict[Key, float] = {}
    for customer in customers:
        for measure, amount in _flows(customer):
            for dimension, value in _places(customer):
                key = Key(measure, dimension, value)
                found[key] = found.get(key, 0.0) + amount
    return found


def _flows(customer: Touched) -> Iterator[tuple[str, float]]:
    for measure in ("warned", "contacted", "saved", "lost"):
        if getattr(customer, measure):
            yield measure, 1.0
    if customer.saved or customer.lost:
        yield ("lost_value" if customer.lost else "saved_value"), customer.value


def _places(customer: Touched) -> Iterator[tuple[str, str]]:
    yield "all", ""
    yield "class", customer.class_
    yield "segment", customer.segment
    yield "industry", customer.industry
    for product in sorted(customer.products):
        yield "product", product
