"""What an answer makes of an episode: the checks, and the columns that change. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from stream.desk.work import words
from stream.desk.work.commands import Actor, Outcome, Snooze
from stream.domain.alerts import AlertState
from stream.settings.desk_work import Work

_DAY_MS = 86_400_000


class Standing(Protocol):
    """An episode as it stands; a row of `episodes` is one."""

    ended_at: int | None
    acknowledged_at: int | None
    snoozed_until: int | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """What follows: columns of the episode, fields of the feedback, and what the topic `alerts` is told."""

    action: str
    episode: Mapping[str, Any] = field(default_factory=dict)
    feedback: Mapping[str, Any] = field(default_factory=dict)
    tells: AlertState | None = None
    quiet: bool = True  # planned escalations are called off
    wants_approval: bool = False


def acknowledge(episode: Standing, actor: Actor, now: int) -> Change:
    """Somebody sees to it."""
    _open(episode)
    if episode.acknowledged_at is not None:
        raise words.already_acknowledged()
    seen = {"acknowledged_at": now, "acknowledged_by": actor.staff_id}
    return Change("ack", seen, {"action": "ack"}, "acknowledged")


def snooze(episode: Standing, command: Snooze, actor: Actor, now: int, work: Work) -> Change:
    """Off the list until a time, and why."""
    _open(episode)
    if not now < command.until <= now + work.longest_snooze_days * _DAY_MS:
        raise words.snooze_too_long(work.longest_snooze_days)
    columns = {"snoozed_until": command.until, "snooze_reason": command.why, "snoozed_by": actor.staff_id}
    return Change("snooze", columns, {"action": "snooze", "until": command.until})


def unsnooze(episode: Standing, now: int) -> Change:
    """Back on the list. A snooze until now tells the engine the same."""
    _open(episode)
    if (episode.snoozed_until or 0) <= now:
        raise words.not_snoozed()
    return Change("unsnooze", {"snoozed_until": None}, {"action": "snooze", "until": now}, quiet=False)


def outcome(episode: Standing, command: Outcome, actor: Actor, now: int, work: Work) -> Change:
    """How it ended. Whoever may approve what is not worth keeping need not ask for it."""
    reason, source = command.loss_reason, command.reason_source
    if command.outcome == "lost":
        if reason is None or reason not in work.loss_reasons:
            raise words.loss_reason_missing(sorted(work.loss_reasons))
        if source is None:
            raise words.reason_source_missing()
    elif reason is not None or source is not None:
        raise words.loss_reason_unwanted()
    if episode.outcome == command.outcome and command.outcome != "lost":
        raise words.already_answered()
    if command.outcome == "not_worth_keeping" and actor.role not in ("manager", "system"):
        return Change("outcome", quiet=False, wants_approval=True)
    return ended(command, actor.staff_id, now)


def ended(command: Outcome, by: str, now: int) -> Change:
    """Return what an outcome that may be carried out makes of the episode."""
    told = {"outcome": command.outcome, "loss_reason": command.loss_reason, "reason_source": command.reason_source}
    columns = {**told, "outcome_at": now, "outcome_by": by, "snoozed_until": None}
    return Change("outcome", columns, {"action": "outcome", **told}, "closed")


def may_answer(actor: Actor) -> None:
    """Check that an actor may change anything at all.

    Raises:
        Refused: an auditor only looks.
    """
    if actor.role == "auditor":
        raise words.read_only()


def may_decide(actor: Actor, branch_id: str | None) -> None:
    """Check that an actor may decide on what was asked for in a branch.

    Raises:
        Refused: only its manager may.
    """
    if actor.role != "manager" or (branch_id is not None and branch_id not in actor.branches):
        raise words.manager_only()


def _open(episode: Standing) -> None:
    if episode.ended_at is not None:
        raise words.has_ended()
