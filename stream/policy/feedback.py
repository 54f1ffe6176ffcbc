"""What an RM did with a warning, into the state: acknowledged, put off, ended with an outcome."""

from __future__ import annotations

from dataclasses import dataclass

from stream.domain.business import DAY_MS
from stream.domain.events import Feedback
from stream.domain.state import Episode, State
from stream.policy.cool_down import CoolDown


@dataclass(frozen=True)
class Answers:
    """Takes feedback. `let_go_days`: how long a customer not worth keeping is left alone."""

    cool_down: CoolDown
    let_go_days: float = 180

    def take(self, state: State, event: Feedback) -> str | None:
        """Take one piece of feedback and return the kind whose episode it ends, if it does."""
        if event.outcome == "not_worth_keeping":  # about the customer, whether the episode is still open or not
            state.let_go = max(state.let_go, event.time + round(self.let_go_days * DAY_MS))
        found = _find(state, event.episode_id)
        if found is None:
            return None
        kind, episode = found
        if event.action == "ack":
            episode.acked = True
        elif event.action == "snooze":
            _snooze(state, kind, event)
        elif event.action == "outcome":
            if event.outcome == "false_alarm":
                state.cooling[kind] = self.cool_down.after_false_alarm(kind, event.time)
            return kind
        return None


def _find(state: State, episode_id: str) -> tuple[str, Episode] | None:
    for kind, episode in state.episodes.items():
        if episode.id == episode_id and not episode.shadow and not episode.held:
            return kind, episode
    return None


def _snooze(state: State, kind: str, event: Feedback) -> None:
    until = event.until
    if until is not None and until > event.time:
        state.snoozed[kind] = until
    else:
        state.snoozed.pop(kind, None)
