"""A customer who has left needs no warning: there is nobody to keep any more."""

from __future__ import annotations

from stream.policy.base import Candidate


class Departed:
    """Mutes everything about a customer whose number is ported out or whose account is closed, until they are back."""

    name = "departed"
    updates = False  # the departure itself has closed every episode

    def mutes(self, candidate: Candidate) -> bool:
        """Tell whether the customer has left."""
        return candidate.state.left_at > 0

    def until(self, candidate: Candidate) -> int | None:
        """Nobody knows: when they are back, their rules begin anew."""
        return None
