"""A behavioural warning that has just ended does not open again at once, unless it is worse."""

from __future__ import annotations

from collections.abc import Mapping

from stream.domain.business import HOUR_MS
from stream.policy.base import Candidate, worse
from stream.policy.shadow import ended_name, on_trial


class CoolDown:
    """Mutes a behavioural kind for some hours after its last episode, up to the severity it had.

    An episode that an RM called a false alarm cools down longer. Complaints, forwardings and requests to leave are
    facts and not fluctuations: they never cool down.
    """

    name = "cool_down"
    updates = False

    def __init__(
        self, hours: float, by_kind: Mapping[str, float] | None = None, *, false_alarm_factor: float = 1
    ) -> None:
        """`hours` of event time after the end of an episode, `by_kind` where a kind has its own; times the factor
        after a false alarm."""
        self._span = round(hours * HOUR_MS)
        self._spans = {kind: round(own * HOUR_MS) for kind, own in (by_kind or {}).items()}
        self._factor = false_alarm_factor

    def mutes(self, candidate: Candidate) -> bool:
        """Tell whether the kind ended too recently."""
        rule, state = candidate.rule, candidate.state
        ended = state.ended.get(ended_name(rule.name, shadow=on_trial(rule)))
        if ended is None or not rule.behavioural:
            return False
        when, severity = ended
        until = max(when + self.span(rule.name), state.cooling.get(rule.name, 0))
        return candidate.moment.time < until and not worse(candidate.signal.severity, severity)

    def span(self, kind: str) -> int:
        """Return the kind's cool-down, ms."""
        return self._spans.get(kind, self._span)

    def after_false_alarm(self, kind: str, time: int) -> int:
        """Return until when a kind cools down that was a false alarm at `time`, epoch ms."""
        return time + round(self.span(kind) * self._factor)
