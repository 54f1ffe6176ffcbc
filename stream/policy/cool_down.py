"""A behavioural warning that has just ended does not open again at once, unless it is worse."""

from __future__ import annotations

from stream.domain.business import HOUR_MS
from stream.domain.events import SEVERITIES
from stream.policy.base import Candidate


class CoolDown:
    """Mutes a behavioural kind for some hours after its last episode, up to the severity it had.

    Complaints, forwardings and requests to leave are facts and not fluctuations: they never cool down.
    """

    name = "cool_down"

    def __init__(self, hours: float) -> None:
        """`hours` of event time after the end of an episode."""
        self._span = round(hours * HOUR_MS)

    def mutes(self, candidate: Candidate) -> bool:
        """Tell whether the kind ended too recently."""
        ended = candidate.state.ended.get(candidate.signal.kind)
        if ended is None or not candidate.rule.behavioural:
            return False
        when, severity = ended
        worse = SEVERITIES.index(candidate.signal.severity) > SEVERITIES.index(severity)
        return not worse and candidate.moment.time < when + self._span
