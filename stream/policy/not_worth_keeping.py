"""A customer whom an RM judged not worth keeping is left alone for a time."""

from __future__ import annotations

from stream.policy.base import Candidate


class NotWorthKeeping:
    """Mutes behavioural kinds until `State.let_go`; complaints and requests are still answered."""

    name = "not_worth_keeping"
    updates = True

    def mutes(self, candidate: Candidate) -> bool:
        """Tell whether the judgement still holds."""
        return candidate.moment.time < candidate.state.let_go and candidate.rule.behavioural

    def until(self, candidate: Candidate) -> int | None:
        """Return when the judgement is over."""
        return candidate.state.let_go
