"""An acknowledged warning is quiet (PagerDuty's habit): somebody is at it."""

from __future__ import annotations

from stream.policy.base import Candidate, new_routes, worse


class Acknowledged:
    """Mutes updates of no higher severity; a receiver who has not been told yet is told all the same."""

    name = "ack"
    updates = True

    def mutes(self, candidate: Candidate) -> bool:
        """Tell whether the open episode is acknowledged and no worse than it was then."""
        episode = candidate.episode
        if episode is None or not episode.acked:
            return False
        return not worse(candidate.signal.severity, episode.severity) and not new_routes(candidate)

    def until(self, candidate: Candidate) -> int | None:
        """Nobody knows: somebody is at it."""
        return None
