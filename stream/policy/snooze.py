"""An RM has put a kind of warning about a customer off until a time."""

from __future__ import annotations

from stream.domain.state import State
from stream.policy.base import Candidate, new_routes, worse


class Snooze:
    """Mutes updates and reopening until `State.snoozed`, up to the severity the RM has seen.

    A receiver who has not been told yet, such as fraud, is told all the same: it was the RM who snoozed.
    """

    name = "snooze"
    updates = True

    def mutes(self, candidate: Candidate) -> bool:
        """Tell whether the kind is put off and no worse than it was."""
        kind = candidate.rule.name
        until = candidate.state.snoozed.get(kind)
        if until is None or candidate.moment.time >= until:
            return False
        episode = candidate.episode
        if episode is not None:
            return not worse(candidate.signal.severity, episode.severity) and not new_routes(candidate)
        ended = candidate.state.ended.get(kind)
        return ended is None or not worse(candidate.signal.severity, ended[1])

    def until(self, candidate: Candidate) -> int | None:
        """Return when the snooze is over."""
        return candidate.state.snoozed.get(candidate.rule.name)


def wakes(state: State, kind: str, time: int) -> bool:
    """Forget a snooze that is over and tell whether there was one: the next signal is then told at once."""
    until = state.snoozed.get(kind)
    if until is None or time < until:
        return False
    del state.snoozed[kind]
    return True
