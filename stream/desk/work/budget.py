"""The daily budget: what reaches a person today and what waits, by rank. Pure.

Severities may use up the budget only in part (`shares`), so that a morning full of small matters leaves room for what
comes in the afternoon and is graver. The critical passes always, and counts apart. What is over the budget is held
back, never dropped; it is released

- by rank, as soon as what was told today and is acknowledged or over leaves room (silently: the person is at the page),
- else by the next working morning's digest, all of it, as one notification.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

CRITICAL = 1
Verdict = Literal["push", "pass", "hold"]


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that wants to be told. `priority` 1 (critical) to 4; among equals more points come first."""

    key: str
    priority: int
    points: float = 0.0

    @property
    def rank(self) -> tuple[int, float, str]:
        """Return what it is sorted by: the first matters most."""
        return (self.priority, -self.points, self.key)


@dataclass(frozen=True, slots=True)
class Budget:
    """Of one person and one local day. A priority without a share may use all of it."""

    size: int
    used: int
    shares: Mapping[int, float]

    def room(self, priority: int) -> int:
        """Return how many more of this priority there is room for."""
        return max(0, round(self.size * self.shares.get(priority, 1.0)) - self.used)


def share_out(claims: Iterable[Claim], budget: Budget) -> dict[str, Verdict]:
    """Return what becomes of each claim, the graver ones first: told, told although critical costs nothing, or held."""
    verdicts: dict[str, Verdict] = {}
    for claim in sorted(claims, key=lambda claim: claim.rank):
        if claim.priority <= CRITICAL:
            verdicts[claim.key] = "pass"
        elif budget.room(claim.priority) > 0:
            verdicts[claim.key] = "push"
            budget = Budget(budget.size, budget.used + 1, budget.shares)
        else:
            verdicts[claim.key] = "hold"
    return verdicts


def released(waiting: Iterable[Claim], budget: Budget) -> list[str]:
    """Return the keys of what waits that there is room for, by rank; `budget.used` counts what is still unanswered."""
    return [key for key, verdict in share_out(waiting, budget).items() if verdict != "hold"]
