"""How the town's RMs answer their warnings: some early, some late, some never. Invented, and said to be. Pure.

Outcomes roughly follow the truth: who leaves is more often lost, who stays more often saved or a false alarm. The same
episode is always answered in the same way. Whoever sits at the screen has no habit: nobody answers in their place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Literal, Protocol

from stream.desk.work.commands import Acknowledge, Command, LogContact, Outcome, Snooze

_HOUR_MS = 3_600_000
_SNOOZED_SHARE = 0.1
_SNOOZE_H = 72
_CUSTOMER_SAYS = 0.6  # share of losses whose reason the customer gave

Ending = Literal["saved", "lost", "false_alarm", "unreachable", "not_worth_keeping"]
_LEAVING: Mapping[Ending, float] = {"lost": 0.6, "saved": 0.2, "unreachable": 0.15, "false_alarm": 0.05}
_STAYING: Mapping[Ending, float] = {
    "saved": 0.5, "false_alarm": 0.28, "unreachable": 0.12, "lost": 0.05, "not_worth_keeping": 0.05,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Habit:
    """Hours from the warning until it is seen, and from then until its outcome is known: the shortest and longest."""

    name: str
    seen_h: tuple[float, float]
    ended_h: tuple[float, float]


EARLY = Habit("early", (0.5, 3), (4, 48))
LATE = Habit("late", (30, 96), (72, 240))
NEVER = None
_IN_TURN = (EARLY, LATE, NEVER)


class Standing(Protocol):
    """A warning as it stands; times are epoch ms. A row of `episodes` is one."""

    episode_id: str
    customer_id: str
    opened_at: int
    acknowledged_at: int | None
    snoozed_until: int | None
    first_contact_at: int | None
    outcome: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Move:
    """What somebody does, and when (epoch ms)."""

    at: int
    command: Command


def habits_of(rms: Sequence[str]) -> dict[str, Habit]:
    """Return the habits of those who ever answer; the last one is the person at the screen."""
    given = {rm: _IN_TURN[place % len(_IN_TURN)] for place, rm in enumerate(rms[:-1])}
    return {rm: habit for rm, habit in given.items() if habit is not None}


def next_move(habit: Habit, seen: Standing, *, leaves: bool, lived: int, reasons: Sequence[str]) -> Move | None:
    """Return what is done next about a warning, never before `lived`; `None`: it is answered.

    Args:
        habit: of who has it.
        seen: the warning as it stands.
        leaves: whether the customer is on the way out, as the town's truth has it.
        lived: epoch ms until which everything has happened.
        reasons: words for why a customer was lost.
    """
    if seen.outcome is not None:
        return None
    draw = Random(f"{seen.episode_id}/{habit.name}")
    seen_ms, ended_ms = (round(draw.uniform(*span) * _HOUR_MS) for span in (habit.seen_h, habit.ended_h))
    ending = _ending(draw, leaves)
    if seen.acknowledged_at is None:
        at = max(seen.opened_at + seen_ms, seen.snoozed_until or 0, lived)
        return Move(at, _first(seen, at))
    if seen.first_contact_at is None:
        at = max(seen.acknowledged_at + ended_ms // 2, lived)
        return Move(at, _contact(seen, ending))
    at = max(seen.acknowledged_at + ended_ms, lived)
    return Move(at, _outcome(seen, ending, draw, reasons))


def _ending(draw: Random, leaves: bool) -> Ending:
    shares = _LEAVING if leaves else _STAYING
    return draw.choices(list(shares), list(shares.values()))[0]


def _named(seen: Standing, what: str) -> dict[str, Any]:
    """Name an act for ever: the same asked again for the same version is done once."""
    return {"action_id": f"habit/{seen.episode_id}/{what}/{seen.version}", "episode_id": seen.episode_id}


def _first(seen: Standing, at: int) -> Command:
    puts_off = Random(f"{seen.episode_id}/{seen.version}").random() < _SNOOZED_SHARE
    if puts_off and seen.snoozed_until is None:
        until = at + _SNOOZE_H * _HOUR_MS
        return Snooze(**_named(seen, "snooze"), version=seen.version, until=until, why="appointment")
    return Acknowledge(**_named(seen, "ack"), version=seen.version)


def _contact(seen: Standing, ending: Ending) -> Command:
    result: Literal["reached", "not_reached"] = "not_reached" if ending == "unreachable" else "reached"
    return LogContact(**_named(seen, "contact"), customer_id=seen.customer_id, how="call", result=result)


def _outcome(seen: Standing, ending: Ending, draw: Random, reasons: Sequence[str]) -> Command:
    lost = ending == "lost"
    reason = draw.choice(reasons) if lost else None
    source: Literal["customer", "rm"] = "customer" if draw.random() < _CUSTOMER_SAYS else "rm"
    return Outcome(
        **_named(seen, "outcome"),
        version=seen.version,
        outcome=ending,
        loss_reason=reason,
        reason_source=source if lost else None,
    )
