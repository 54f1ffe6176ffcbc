"""What one rule says about one customer at one moment, and the tick that wakes a rule when nothing arrives."""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import Struct

from stream.domain.events import Severity

Language = Literal["zh", "en"]
Figure = int | float | str | list[str]


class Tick(Struct, frozen=True, gc=False):
    """A timer that a rule asked for is due. `time` is the due time, epoch ms."""

    topic: ClassVar[str] = "tick"
    rule: str
    time: int


class NewDay(Struct, frozen=True, gc=False):
    """The first event of a customer on a new business day: the days before it are complete.

    `time` and `event_id` are the event's, `before` is the business day of the newest event until then (0 = none).
    """

    topic: ClassVar[str] = "new-day"
    event_id: str
    time: int
    before: int


class Scored(Struct, frozen=True, gc=False):
    """The model has said something new about a customer: it stands in `state.score`. `time` is the score's.

    `reasons`: what counted most, in Chinese and in English; none where the grade is normal.
    """

    topic: ClassVar[str] = "scored"
    event_id: str
    time: int
    reasons: tuple[tuple[str, str], ...] = ()


class Signal(Struct, frozen=True):
    """A warning, with figures that a person can check.

    `evidence` holds money in units of the base currency; `memo` is kept in the episode, in minor units or ms;
    `series` is what a chart needs, `[ISO date, value]`; `routes` are receivers beside the RM's own.
    """

    kind: str
    severity: Severity
    evidence: dict[str, Figure]
    causes: tuple[str, ...] = ()
    memo: dict[str, int] = {}
    series: tuple[tuple[str, float], ...] = ()
    routes: tuple[str, ...] = ()


class Clear(Struct, frozen=True):
    """The cause of an open warning is gone; `evidence` says how that is known."""

    kind: str
    evidence: dict[str, Figure]
    causes: tuple[str, ...] = ()


Verdict = Signal | Clear | None
