"""What passes through the policy's stages."""

from __future__ import annotations

from typing import Any, Protocol

from msgspec import Struct

from stream.domain.signals import Signal
from stream.domain.state import State
from stream.domain.world import EMPTY, World
from stream.rules.base import Rule


class Moment(Struct, frozen=True, gc=False):
    """When something is judged. `time` is event time, `detected` the wall clock, both epoch ms.

    `opens_from`: what happened before it opens nothing (backfill); 0 = everything may open.
    `world`: what the shard knows beside its customers.
    """

    time: int
    detected: int
    opens_from: int = 0
    world: World = EMPTY


class Candidate(Struct, frozen=True):
    """A signal on its way to becoming an alert."""

    customer: str
    state: State
    rule: Rule[Any]
    signal: Signal
    moment: Moment


class Muter(Protocol):
    """A stage that may hold a new warning back."""

    name: str
    """The stage's name: the label under which suppressed warnings are counted."""

    def mutes(self, candidate: Candidate) -> bool:
        """Tell whether the warning is held back."""
        ...
