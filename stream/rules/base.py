"""What every rule declares. A rule reads the state and never changes it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field

from stream.domain.business import Business
from stream.domain.signals import Language, Tick, Verdict
from stream.domain.state import State


class Params(BaseModel):
    """A rule's section in the configuration: frozen, unknown keys refused, each with a unit and a range."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(True, description="false switches the rule off")


P = TypeVar("P", bound=Params)


class Texts(Struct, frozen=True):
    """The words of one language: `str.format` templates over the evidence."""

    title: str
    reason: str
    cleared: str
    next_step: str


class Rule(ABC, Generic[P]):
    """One kind of warning."""

    name: ClassVar[str]
    version: ClassVar[int] = 1
    listens: ClassVar[frozenset[str]]
    """Topics whose events the rule is shown."""
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

    @abstractmethod
    def evaluate(self, state: State, event: Any) -> Verdict:
        """Judge the state after `event` (an event of a topic it listens to, or its own `Tick`)."""

    def next_due(self, state: State, event: Any) -> int | None:
        """Return when the rule wants a `Tick`, epoch ms; asked after each `evaluate`. `None` = not at all."""
        return None


__all__ = ["P", "Params", "Rule", "Texts", "Tick"]
