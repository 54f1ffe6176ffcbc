"""A small random share of customers is not contacted because of how they behave, so that the effect can be told."""

from __future__ import annotations

from stream.domain.holdout import held_out
from stream.policy.base import Candidate


class Holdout:
    """Mutes behavioural kinds for the hold-out; who complains or asks to leave is answered all the same.

    The examples of these customers say so (`treatment.holdout`): the difference of their labels is the uplift.
    """

    name = "holdout"
    updates = True

    def __init__(self, share: float = 0) -> None:
        """`share` of the customers, 0 to 1."""
        self._share = share

    def mutes(self, candidate: Candidate) -> bool:
        """Tell whether the customer is one of them."""
        return candidate.rule.behavioural and held_out(candidate.customer, self._share)

    def until(self, candidate: Candidate) -> int | None:
        """Nobody knows: as long as the hold-out lasts."""
        return None
