"""A behavioural warning that has just ended does not open again at once, unless it is worse."""

from __future__ import annotations

from collections.abc import Mapping

from stream.domain.business import HOUR_MS
from stream.domain.events import Severity
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
        ended = _ended(candidate)
        if ended is None or not candidate.rule.behavioural:
            return False
        return candidate.moment.time < self._until(candidate, ended[0]) and not worse(
            candidate.signal.severity, ended[1]
        )

    def until(self, candidate: Candidate) -> int | None:
        """Return when the kind has cooled down."""
        ended = _ended(candidate)
        return None if ended is None else self._until(candidate, ended[0])

    def _until(self, candidate: Candidate, ended: int) -> int:
        kind = candidate.rule.name
        return max(ended + self.span(kind), candidate.state.cooling.get(kind, 0))

    def span(self, kind: str) -> int:
        """Return the kind's cool-down, ms."""
        return self._spans.get(kind, self._span)

    def after_false_alarm(self, kind: str, time: int) -> int:
        """Return until when a kind cools down that was a false alarm at `time`, epoch ms."""
        return time + round(self.span(kind) * self._factor)


def _ended(candidate: Candidate) -> tuple[int, Severity] | None:
    rule = candidate.rule
    return candidate.state.ended.get(ended_name(rule.name, shadow=on_trial(rule)))
