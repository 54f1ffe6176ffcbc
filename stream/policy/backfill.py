"""History loaded at a group's first start builds state and opens nothing."""

from __future__ import annotations

from stream.policy.base import Candidate


class Backfill:
    """Mutes what happened before `Moment.opens_from`."""

    name = "backfill"
    updates = False

    def mutes(self, candidate: Candidate) -> bool:
        """Tell whether the event is older than the first one that may open a warning."""
        return candidate.moment.time < candidate.moment.opens_from

    def until(self, candidate: Candidate) -> int | None:
        """Nobody knows: what happened before the start opens nothing, then or later."""
        return None
