"""A leaver's customers divided among the successors: evenly by work, families together. Pure, the same each time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """A customer and what there is to do; customers of one `together` (a household) stay with one person."""

    customer_id: str
    work: int = 1
    together: str | None = None


def spread(customers: Iterable[Load], successors: Sequence[str], busy: Mapping[str, int]) -> dict[str, str]:
    """Return who gets each customer: the largest piece of work goes first, to whoever has the least.

    Args:
        customers: to be divided.
        successors: among whom; ties go by this order.
        busy: what the successors have to do already.
    """
    if not successors:
        return {}
    groups: dict[str, list[Load]] = {}
    for customer in customers:
        groups.setdefault(customer.together or f"\0{customer.customer_id}", []).append(customer)
    has = {person: busy.get(person, 0) for person in dict.fromkeys(successors)}
    given: dict[str, str] = {}
    for members in sorted(groups.values(), key=_largest_first):
        person = min(has, key=lambda who: has[who])  # the first of several, as `successors` has them
        has[person] += sum(member.work for member in members)
        given.update({member.customer_id: person for member in members})
    return given


def _largest_first(members: list[Load]) -> tuple[int, str]:
    return -sum(member.work for member in members), min(member.customer_id for member in members)
