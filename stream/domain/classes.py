"""The class a customer belongs to: what the business expects of them, and how often it wants to talk to them.

The profile may name it; otherwise it is derived: criteria over profile and state are tested in order, and the first
class that fits is it. Retail, business and phone customers are judged by criteria of their own (a scheme each), chosen
by the profile's segment, else by what is known of the customer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from stream.domain.state import State

Ask = Callable[[State, int], float | None]
"""A figure of a state on a business day, `None` while it is not known; see `stream.domain.figures`."""

ORDER = ("key", "potential", "maintain", "mass", "unclassed", "adjust", "phase-out")
"""From the one that matters most to the one that matters least; any other stands beside `unclassed`."""


class CustomerClass(Struct, frozen=True):
    """One class. `contact_days`: an RM reaches them within so many days, 0 = no standard; `floor`: spend a month that
    is expected at least, minor units, 0 = none; `weight`: how much a customer of it counts in the rank."""

    name: str
    contact_days: int = 0
    floor: int = 0
    weight: float = 1.0


UNKNOWN = CustomerClass("unclassed")


class Condition(Struct, frozen=True):
    """A figure within bounds, in the figure's own unit (money: minor units). An unknown figure is within none."""

    ask: Ask
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    or_unknown: bool = False

    def holds(self, state: State, today: int) -> bool:
        """Tell whether the figure is within the bounds."""
        value = self.ask(state, today)
        if value is None:
            return self.or_unknown
        return (
            (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.at_most is None or value <= self.at_most)
            and (self.below is None or value < self.below)
        )


class Criteria(Struct, frozen=True):
    """Every condition of `when`, and one of `any_of` where there are some."""

    when: tuple[Condition, ...] = ()
    any_of: tuple[Condition, ...] = ()

    def hold(self, state: State, today: int) -> bool:
        """Tell whether a customer meets them."""
        for condition in self.when:
            if not condition.holds(state, today):
                return False
        return not self.any_of or any(condition.holds(state, today) for condition in self.any_of)


class Scheme(Struct, frozen=True):
    """The classes of one kind of customer: those derived, in the order in which they are tested, and all by name."""

    name: str
    tests: tuple[tuple[Criteria, CustomerClass], ...]
    classes: Mapping[str, CustomerClass]
    otherwise: CustomerClass

    def derive(self, state: State, today: int) -> CustomerClass:
        """Return the first class whose criteria hold."""
        for criteria, class_ in self.tests:
            if criteria.hold(state, today):
                return class_
        return self.otherwise


class Classes:
    """Which class a customer belongs to."""

    def __init__(
        self,
        classes: Mapping[str, CustomerClass],
        default: CustomerClass = UNKNOWN,
        *,
        scheme: Scheme | None = None,
        by_segment: Mapping[str, Scheme] | None = None,
        choose: tuple[tuple[Criteria, Scheme], ...] = (),
        overrides: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None,
    ) -> None:
        """Bind the schemes.

        Args:
            classes: by name, where there is no `scheme`: they are not derived.
            default: the class, where there is no `scheme`, of a customer whose profile names none.
            scheme: of customers for whom neither `by_segment` nor `choose` has one.
            by_segment: of customers of a segment.
            choose: of customers without such a segment who meet the criteria, the first that fits.
            overrides: class -> rule -> parameter -> value: what a rule does differently for them.
        """
        self._scheme = scheme or Scheme("", (), classes, default)
        self._by_segment = by_segment or {}
        self._choose = choose
        self.overrides: Mapping[str, Mapping[str, Mapping[str, Any]]] = overrides or {}
        known = {*self._scheme.classes.values(), *(c for s in self._by_segment.values() for c in s.classes.values())}
        known |= {class_ for _, scheme in choose for class_ in scheme.classes.values()}
        self.have_standards = any(class_.contact_days for class_ in known)
        """Whether any class has a contact standard."""
        self.have_floors = any(class_.floor for class_ in known)
        """Whether any class has a floor."""

    def scheme(self, state: State, today: int) -> Scheme:
        """Return the scheme that a customer is judged by."""
        profile = state.profile
        if profile is not None and profile.segment is not None:
            known = self._by_segment.get(profile.segment)
            if known is not None:
                return known
        for criteria, scheme in self._choose:
            if criteria.hold(state, today):
                return scheme
        return self._scheme

    def of(self, state: State, today: int) -> CustomerClass:
        """Return the class that the profile names, else the one derived; `today` is a business day."""
        scheme = self.scheme(state, today)
        named = state.profile.class_ if state.profile is not None else None
        if named:
            class_ = scheme.classes.get(named) or scheme.classes.get(plain(named))
            if class_ is not None:
                return class_
        return scheme.derive(state, today)


def is_named(state: State) -> bool:
    """Tell whether the profile names a class: then no figure changes it."""
    return state.profile is not None and bool(state.profile.class_)


def plain(name: str) -> str:
    """Return a class's name as the configuration writes it, however the source does: `Phase_Out` is `phase-out`."""
    return name.strip().lower().replace("_", "-").replace(" ", "-")


def place(name: str) -> int:
    """Return where a class stands in `ORDER`, 0 = matters most."""
    return ORDER.index(name) if name in ORDER else ORDER.index(UNKNOWN.name)
