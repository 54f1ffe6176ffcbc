"""From verdicts to alerts: at most one open episode per customer and kind, opened, updated, resolved or expired.

Order (after Alertmanager's): backfill -> cool-down -> deduplicate against the open episode -> route -> emit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stream.domain.alerts import Alert, AlertState, episode_id
from stream.domain.business import DAY_MS, HOUR_MS
from stream.domain.events import SEVERITIES, Feedback
from stream.domain.signals import Clear, Signal, Verdict
from stream.domain.state import Episode, State
from stream.policy.base import Candidate, Moment, Muter
from stream.policy.render import render
from stream.rules.base import Rule

TIMER = "policy"
"""The policy's own entry among a state's timers: when the next episode expires."""

Suppressed = Callable[[str, str], None]
"""Called with (stage, kind) for each warning held back."""


class Pipeline:
    """Applies the stages to one verdict at a time. Changes the state's episodes, and nothing else."""

    def __init__(
        self,
        rules: Sequence[Rule[Any]],
        muters: Sequence[Muter],
        *,
        update_gap_h: float,
        expire_days: float,
        suppressed: Suppressed = lambda stage, kind: None,
    ) -> None:
        """`update_gap_h`: hours between updates of no higher severity; `expire_days`: of an episode nothing ends."""
        self._rules: Mapping[str, Rule[Any]] = {rule.name: rule for rule in rules}
        self._muters = muters
        self._gap = round(update_gap_h * HOUR_MS)
        self._life = round(expire_days * DAY_MS)
        self._suppressed = suppressed

    def handle(self, customer: str, state: State, rule: Rule[Any], verdict: Verdict, moment: Moment) -> Alert | None:
        """Return the alert that a verdict leads to, if any."""
        if verdict is None:
            return None
        episode = state.episodes.get(rule.name)
        if isinstance(verdict, Clear):
            if episode is None:
                return None
            return self._end(customer, state, rule, episode, moment, "resolved", verdict)
        if episode is None:
            return self._open(customer, state, rule, verdict, moment)
        return self._update(customer, state, rule, episode, verdict, moment)

    def expire(self, customer: str, state: State, moment: Moment) -> list[Alert]:
        """End what has been open too long; called when the policy's timer is due."""
        late = [(kind, e) for kind, e in self._living(state) if e.expires_at <= moment.time]
        alerts = [self._end(customer, state, self._rules[k], e, moment, "expired", None) for k, e in late]
        self._set_timer(state)  # it fired, and there may be others
        return alerts

    def departed(self, customer: str, state: State, moment: Moment) -> list[Alert]:
        """Close every warning about a customer who has left: there is nobody to keep any more."""
        return [self._end(customer, state, self._rules[k], e, moment, "closed", None) for k, e in self._living(state)]

    def feedback(self, state: State, event: Feedback) -> None:
        """An outcome closes its episode; the desk, which knows who did it, says so on `alerts`."""
        if event.action != "outcome":
            return
        for kind, episode in list(state.episodes.items()):
            if episode.id == event.episode_id:
                self._forget(state, kind, episode, event.time)

    def _open(self, customer: str, state: State, rule: Rule[Any], signal: Signal, moment: Moment) -> Alert | None:
        candidate = Candidate(customer, state, rule, signal, moment)
        for muter in self._muters:
            if muter.mutes(candidate):
                self._suppressed(muter.name, rule.name)
                return None
        episode = Episode(
            id=episode_id(customer, rule.name, moment.time, signal.causes),
            opened_at=moment.time,
            updated_at=moment.time,
            sequence=1,
            severity=signal.severity,
            expires_at=moment.time + self._life,
            memo=dict(signal.memo),
            routes=list(signal.routes),
        )
        state.episodes[rule.name] = episode
        self._set_timer(state)
        return render(customer, state, rule, episode, moment, "opened", signal)

    def _update(
        self, customer: str, state: State, rule: Rule[Any], episode: Episode, signal: Signal, moment: Moment
    ) -> Alert | None:
        worse = SEVERITIES.index(signal.severity) > SEVERITIES.index(episode.severity)
        routes = [name for name in signal.routes if name not in episode.routes]
        news = {name: value for name, value in signal.memo.items() if name not in episode.memo}
        episode.memo.update(news)
        if not (worse or routes or news or moment.time >= episode.updated_at + self._gap):
            self._suppressed("dedup", rule.name)
            return None
        if worse:
            episode.severity = signal.severity
        episode.routes.extend(routes)
        episode.sequence += 1
        episode.updated_at = max(episode.updated_at, moment.time)
        episode.expires_at = episode.updated_at + self._life
        self._set_timer(state)
        return render(customer, state, rule, episode, moment, "updated", signal)

    def _end(
        self,
        customer: str,
        state: State,
        rule: Rule[Any],
        episode: Episode,
        moment: Moment,
        what: AlertState,
        verdict: Clear | None,
    ) -> Alert:
        episode.sequence += 1
        episode.updated_at = max(episode.updated_at, moment.time)
        self._forget(state, rule.name, episode, moment.time)
        return render(customer, state, rule, episode, moment, what, verdict)

    def _forget(self, state: State, kind: str, episode: Episode, time: int) -> None:
        del state.episodes[kind]
        state.ended[kind] = (time, episode.severity)
        self._set_timer(state)

    def _set_timer(self, state: State) -> None:
        due = [episode.expires_at for _, episode in self._living(state)]
        if due:
            state.timers[TIMER] = min(due)
        else:
            state.timers.pop(TIMER, None)

    def _living(self, state: State) -> list[tuple[str, Episode]]:
        """Return the episodes that can still change; those of a rule that was switched off wait for its return."""
        return [(kind, episode) for kind, episode in state.episodes.items() if kind in self._rules]
