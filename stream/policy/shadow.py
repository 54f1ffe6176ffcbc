"""Rules on trial: what they would have warned of is kept and counted like the real thing, and nobody is told.

Not among the muters, because a warning on trial goes through all of them first: what is counted is then what would
have been sent. Its episode is a real one that lives and ends as any other; only no alert comes of it. What a trial
leaves behind does not hold back the first real warning: its episode is dropped when the trial ends, and its cool-down
goes by a name of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stream.domain.state import Episode, State
from stream.rules.base import Rule

STAGE = "shadow"

Counted = Callable[[str, str, str], None]
"""Called with (kind, severity, state) for each alert that was not sent because its rule is on trial."""


def on_trial(rule: Rule[Any]) -> bool:
    """Tell whether nothing the rule opens is sent."""
    trial: bool = rule.params.shadow
    return trial


def ended_name(kind: str, *, shadow: bool) -> str:
    """Return the name under which the end of an episode is remembered in `State.ended`."""
    return f"{STAGE}/{kind}" if shadow else kind


def is_over(rule: Rule[Any], episode: Episode) -> bool:
    """Tell whether an episode is left from a trial that has ended."""
    return episode.shadow and not on_trial(rule)


def drop_finished(state: State, rules: Mapping[str, Rule[Any]]) -> bool:
    """Drop the episodes of trials that have ended and tell whether there were any."""
    over = [k for k, e in state.episodes.items() if e.shadow and k in rules and is_over(meant(rules[k], state), e)]
    for kind in over:
        drop(state, kind)
    return bool(over)


def meant(rule: Rule[Any], state: State) -> Rule[Any]:
    """Return the rule as it is configured for the customer's class: only that one may be on trial."""
    return rule.meant_for(state, rule.business.day(state.newest))


def drop(state: State, kind: str) -> None:
    """Forget a trial's episode and its cool-down."""
    del state.episodes[kind]
    state.ended.pop(ended_name(kind, shadow=True), None)
