"""The class a customer belongs to: what the business expects of them, and how often it wants to talk to them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from stream.domain.state import State


class CustomerClass(Struct, frozen=True):
    """One class. `contact_days`: an RM reaches them within so many days, 0 = no standard; `floor`: spend a month that
    is expected at least, minor units, 0 = none; `weight`: how much a customer of it counts in the rank."""

    name: str
    contact_days: int = 0
    floor: int = 0
    weight: float = 1.0


UNKNOWN = CustomerClass("mass")


class Classes:
    """Which class a customer belongs to."""

    def __init__(self, classes: Mapping[str, CustomerClass], default: CustomerClass = UNKNOWN) -> None:
        """`default`: of a customer for whom nothing says which."""
        self._classes = classes
        self._default = default

    def of(self, state: State, today: int) -> CustomerClass:
        """Return the class that the profile names, else the one derived; `today` is a business day."""
        profile = state.profile
        return self._classes.get((profile.class_ if profile else None) or "", self._default)
