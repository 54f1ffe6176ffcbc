"""Why there was an alert about a customer, or none: what every rule and stage said last."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from msgspec import Struct

from stream.domain.alerts import rfc3339
from stream.domain.signals import Figure
from stream.domain.state import State
from stream.rules.base import Rule

Verdict = Literal["open", "on trial", "held back", "over", "quiet", "off"]


class Answer(Struct, frozen=True):
    """What one rule has to say. Times are RFC 3339; `figures` are what it goes by now.

    `verdict`: open (a warning stands), on trial (one stands in shadow), held back (the last one was not sent, by
    `stage`), over (the last one ended), quiet (nothing to warn of so far), off (the rule is switched off).
    """

    kind: str
    verdict: Verdict
    figures: dict[str, Figure] = {}
    severity: str | None = None
    since: str | None = None
    stage: str | None = None
    snoozed_until: str | None = None
    looks_again: str | None = None


def why(state: State, rules: Iterable[Rule[Any]], off: Iterable[str], time: int) -> list[Answer]:
    """Return every rule's answer about a customer, in order of name.

    Args:
        state: the customer's.
        rules: those that run.
        off: names of those that do not.
        time: now in event time, epoch ms.
    """
    answers = [_answer(state, rule, time) for rule in rules] + [Answer(name, "off") for name in off]
    return sorted(answers, key=lambda answer: answer.kind)


def _answer(state: State, rule: Rule[Any], time: int) -> Answer:
    name = rule.name
    episode, held, ended = state.episodes.get(name), state.held.get(name), state.ended.get(name)
    snoozed, timer = state.snoozed.get(name, 0), state.timers.get(name)
    common: dict[str, Any] = {
        "figures": rule.meant_for(state, rule.business.day(time)).look(state, time),
        "snoozed_until": rfc3339(snoozed) if snoozed > time else None,
        "looks_again": rfc3339(timer) if timer else None,
    }
    last_end = ended[0] if ended else 0
    if episode is not None and not episode.held:
        verdict: Verdict = "on trial" if episode.shadow else "open"
        return Answer(name, verdict, severity=episode.severity, since=rfc3339(episode.opened_at), **common)
    if held is not None and (episode is not None or held.time >= last_end):
        since = rfc3339(held.time)
        return Answer(name, "held back", severity=held.severity, since=since, stage=held.stage, **common)
    if ended is not None:
        return Answer(name, "over", severity=ended[1], since=rfc3339(last_end), **common)
    return Answer(name, "quiet", **common)


def standing(state: State, time: int) -> dict[str, str]:
    """Return what about the customer holds warnings back whatever the rule says, and since or until when."""
    profile, found = state.profile, {}
    if state.left_at:
        found["left"] = f"since {rfc3339(state.left_at)}"
    if profile is not None and profile.no_retention_contact:
        found["no retention contact"] = "behavioural warnings are not sent"
    if state.let_go > time:
        found["not worth keeping"] = f"until {rfc3339(state.let_go)}"
    return found
