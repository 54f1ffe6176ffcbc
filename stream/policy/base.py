"""What passes through the policy's stages."""

from __future__ import annotations

from typing import Any, Protocol

from msgspec import Struct

from stream.domain.events import SEVERITIES, Severity
from stream.domain.signals import Signal
from stream.domain.state import Episode, State
from stream.domain.world import EMPTY, World
from stream.rules.base import Rule


class PolicyError(ValueError):
    """The policy's configuration cannot be used; the message names the key, the value and what is allowed."""


class Moment(Struct, frozen=True, gc=False):
    """When something is judged. `time` is event time, `detected` the wall clock, both epoch ms.

    `opens_from`: what happened before it opens nothing (backfill); 0 = everything may open.
    `world`: what the shard knows beside its customers.
    `again`: the step is done a second time, after a fault of a later one: the world has learnt from it already.
    `clock`: the shard's stream time, not before `time` but where news is late; `waiting`: where the model's cut-offs
    wait for their labels; `foreseen`: what `Step.foresee` has found of the customer for this very moment.
    """

    time: int
    detected: int
    opens_from: int = 0
    world: World = EMPTY
    again: bool = False
    clock: int = 0
    waiting: Any = None
    foreseen: Any = None

    @property
    def teaches(self) -> bool:
        """Whether the world may learn from what happens now."""
        return not self.again and self.world is not EMPTY


class Candidate(Struct, frozen=True):
    """A signal on its way to becoming an alert; `episode` is the open one of its kind, if any."""

    customer: str
    state: State
    rule: Rule[Any]
    signal: Signal
    moment: Moment
    episode: Episode | None = None


class Muter(Protocol):
    """A stage that may hold a warning back."""

    name: str
    """The stage's name: the label under which suppressed warnings are counted."""

    updates: bool
    """Whether it holds back updates of an open episode too; if not, it is asked at openings only."""

    def mutes(self, candidate: Candidate) -> bool:
        """Tell whether the warning is held back."""
        ...

    def until(self, candidate: Candidate) -> int | None:
        """Return when a warning that it mutes is to be judged again, epoch ms, later than now.

        0: when another episode has ended. `None`: nobody knows, the warning is let go.
        """
        ...


def worse(severity: Severity, than: Severity) -> bool:
    """Tell whether one severity is above another."""
    return SEVERITIES.index(severity) > SEVERITIES.index(than)


def new_routes(candidate: Candidate) -> list[str]:
    """Return the receivers that the signal asks for and that the open episode has not had yet."""
    known = candidate.episode.routes if candidate.episode is not None else []
    return [name for name in candidate.signal.routes if name not in known]
