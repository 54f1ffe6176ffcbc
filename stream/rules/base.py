"""What every rule declares. A rule reads the state and never changes it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar, Generic, Self, TypeVar

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field, model_validator

from stream.domain.business import Business
from stream.domain.signals import Figure, Language, Signal, Tick, Verdict
from stream.domain.state import State


class Params(BaseModel):
    """A rule's section in the configuration: frozen, unknown keys refused, each with a unit and a range."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ascending: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Parameters of which none may be below the one before it."""

    enabled: bool = Field(True, description="false switches the rule off")
    shadow: bool = Field(False, description="true: on trial, recorded and counted but not sent")
    likelihood: float = Field(0.3, gt=0, le=1, description="share of such warnings after which the customer leaves")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for names in self.ascending:
            for low, high in pairwise(names):
                least, given = getattr(self, low), getattr(self, high)
                if given < least:
                    raise ValueError(f"{high} is below {low} (given: {given}; allowed: {least} and more)")
        return self


P = TypeVar("P", bound=Params)


class Texts(Struct, frozen=True):
    """The words of one language: `str.format` templates over the evidence, the title apart.

    Evidence whose name ends in `_zh` or `_en` is for these words alone and is not sent.
    """

    title: str
    reason: str
    cleared: str
    next_step: str


class Rule(ABC, Generic[P]):
    """One kind of warning."""

    name: ClassVar[str]
    version: ClassVar[int] = 1
    listens: ClassVar[frozenset[str]]
    """What the rule is shown, see `stream.domain.step`: a topic, or a part of one such as `transactions:outflow`."""
    behavioural: ClassVar[bool]
    """Whether it reads behaviour: such a one cools down, and a wish for no retention contact silences it."""
    practice: ClassVar[str]
    """The paper or the practice it comes from."""
    respond_within_h: ClassVar[int]
    """Hours in which the next step is due."""
    texts: ClassVar[dict[Language, Texts]]
    Params: ClassVar[type[Params]]

    def __init__(self, params: P, business: Business) -> None:
        """Bind the rule to its parameters and the business's units."""
        self.params = params
        self.business = business
        self.variants: Mapping[str, Rule[P]] = {}
        """Class -> this rule with the parameters that are configured for it; see `stream.rules.registry`."""

    def meant_for(self, state: State, today: int) -> Rule[P]:
        """Return this rule as it is configured for the customer's class; `today` is a business day."""
        variants = self.variants
        if not variants:
            return self
        return variants.get(self.business.classes.of(state, today).name, self)

    def _money(self, minor: int) -> float:
        """Return a money figure for the evidence, in units of the base currency."""
        return self.business.major(minor)

    @abstractmethod
    def evaluate(self, state: State, event: Any) -> Verdict:
        """Judge the state after `event`: one that it listens to, or its own `Tick`."""

    @abstractmethod
    def look(self, state: State, time: int) -> dict[str, Figure]:
        """Return the figures the rule goes by at `time` (epoch ms): they answer "why was there no alert?"."""

    def next_due(self, state: State, event: Any) -> int | None:
        """Return when the rule wants a `Tick`, epoch ms; asked after each `evaluate`. `None` = not at all."""
        return None

    def remember(self, state: State, event: Any) -> list[int] | None:
        """Return the few numbers to keep in `state.memory[name]`; asked before each `evaluate`. `None` = no change."""
        return None

    def skips(self, state: State, event: Any, today: int) -> bool:
        """Tell at a glance, before all else, that the customer's own `event` changes nothing for this rule.

        Then it is asked nothing more: `remember` and `evaluate` would return `None`, and its timer stays as it is.
        Asked tens of thousands of times a second, of the events of a quiet customer. `today`: the business day of the
        customer's newest event. A `Tick` is never skipped.
        """
        return False

    def due_h(self, signal: Signal) -> int:
        """Return the hours in which the next step of this very warning is due."""
        return self.respond_within_h


def causes_of(event: Any) -> tuple[str, ...]:
    """Return the id of the event that a verdict comes of; a timer's has none."""
    return () if isinstance(event, Tick) else (event.event_id,)


__all__ = ["P", "Params", "Rule", "Texts", "Tick", "causes_of"]
