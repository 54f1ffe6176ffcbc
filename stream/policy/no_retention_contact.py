"""A customer who wants no calls to win them back is not called because of how they behave."""

from __future__ import annotations

from stream.policy.base import Candidate


class NoRetentionContact:
    """Mutes behavioural kinds where the profile says so; a complaint or a request to leave is answered all the same."""

    name = "no_retention_contact"
    updates = True

    def mutes(self, candidate: Candidate) -> bool:
        """Tell whether the customer's wish forbids the warning."""
        profile = candidate.state.profile
        return profile is not None and profile.no_retention_contact and candidate.rule.behavioural

    def until(self, candidate: Candidate) -> int | None:
        """Nobody knows: it is the customer's wish."""
        return None
