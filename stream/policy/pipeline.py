"""From verdicts to alerts: at most one open episode per customer and kind, opened, updated, resolved or expired.

Order (after Alertmanager's): backfill -> departed -> inhibit -> silence -> no retention contact -> not worth keeping ->
hold-out -> snooze -> acknowledged -> cool-down (see `stream.policy.order`) -> shadow -> deduplicate and merge against
the open episode -> storm -> rank -> route -> emit. What a stage that ends by itself holds back is told when it ends, if
it is still so (see `stream.policy.later`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stream.domain.alerts import Alert, AlertState, episode_id
from stream.domain.business import DAY_MS, HOUR_MS, Business
from stream.domain.events import Feedback
from stream.domain.signals import Clear, Signal, Verdict
from stream.domain.state import Episode, Held, State
from stream.domain.storm import StormLimits
from stream.policy import dedup, later, shadow, snooze, storm
from stream.policy.base import Candidate, Moment, Muter, worse
from stream.policy.cool_down import CoolDown
from stream.policy.feedback import Answers
from stream.policy.inhibit import Inhibit
from stream.policy.render import Renderer
from stream.rules.base import Rule

TIMER = "policy"
"""The policy's own entry among a state's timers: when the next episode expires or is to be spoken of again."""

_SETTLES = DAY_MS
"""How long after an inhibiting warning has ended those that it held back are judged again."""

Suppressed = Callable[[str, str], None]
"""Called with (stage, kind) for each warning held back."""


class Pipeline:
    """Applies the stages to one verdict at a time.

    Changes what the state knows of warnings (episodes, what was held back, snoozes), its own timer, and what the
    world has learnt; nothing else.
    """

    def __init__(
        self,
        rules: Sequence[Rule[Any]],
        muters: Sequence[Muter],
        *,
        update_gap_h: float,
        behavioural_gap_h: float | None = None,
        expire_days: float,
        expire_by_kind: Mapping[str, float] | None = None,
        let_go_days: float = 180,
        renderer: Renderer | None = None,
        storm_limits: StormLimits | None = None,
        suppressed: Suppressed = lambda stage, kind: None,
        shadowed: shadow.Counted = lambda kind, severity, state: None,
    ) -> None:
        """`update_gap_h`: hours between updates of no higher severity, `behavioural_gap_h`: of those about behaviour,
        which goes on from day to day and is no news for it; `expire_days`: of an episode nothing ends,
        `expire_by_kind` where a kind has its own; `let_go_days`: how long a customer not worth keeping is left alone.
        """
        self._rules: Mapping[str, Rule[Any]] = {rule.name: rule for rule in rules}
        self._muters = tuple(muters)
        self._update_muters = tuple(muter for muter in muters if muter.updates)
        self._gap = round(update_gap_h * HOUR_MS)
        self._slow_gap = self._gap if behavioural_gap_h is None else round(behavioural_gap_h * HOUR_MS)
        self._life = round(expire_days * DAY_MS)
        self._lives = {kind: round(days * DAY_MS) for kind, days in (expire_by_kind or {}).items()}
        cool_down = next((muter for muter in muters if isinstance(muter, CoolDown)), CoolDown(0))
        self._answers = Answers(cool_down, let_go_days)
        self._renderer = renderer or Renderer()
        self._storm_limits = storm_limits or StormLimits()
        self._suppressed = suppressed
        self._shadowed = shadowed

    def handle(self, customer: str, state: State, rule: Rule[Any], verdict: Verdict, moment: Moment) -> Alert | None:
        """Return the alert that a verdict leads to, if any."""
        if verdict is None:
            return None
        episode = state.episodes.get(rule.name)
        if episode is not None and episode.shadow and shadow.is_over(rule, episode):
            shadow.drop(state, rule.name)
            self._set_timer(state)
            episode = None
        if isinstance(verdict, Clear):
            if episode is None:
                return None
            if episode.held:  # it came and went, and nobody was told
                self._drop(state, rule.name)
                return None
            return self._end(customer, state, rule, episode, moment, "resolved", verdict)
        if episode is None or episode.held:
            return self._open(Candidate(customer, state, rule, verdict, moment), episode)
        return self._update(Candidate(customer, state, rule, verdict, moment, episode), episode)

    def new_day(self, state: State, last: int, today: int, business: Business, moment: Moment) -> None:
        """Do what is done once a day: called at the first event of a business day, with that of the one before."""
        self._renderer.ranking.learn(state, last, today, business, moment)
        if state.episodes and shadow.drop_finished(state, self._rules):
            self._set_timer(state)

    def expire(self, customer: str, state: State, moment: Moment) -> list[Alert]:
        """Tell what was to be told by now, and end what has been open too long; called when the timer is due."""
        shadow.drop_finished(state, self._rules)
        due = [(kind, e) for kind, e in self._living(state) if 0 < e.again_at <= moment.time]
        alerts = [self._again(customer, state, kind, e, moment) for kind, e in due]
        late = [(kind, e) for kind, e in self._living(state) if e.expires_at <= moment.time]
        alerts += [self._end(customer, state, self._rules[k], e, moment, "expired", None) for k, e in late]
        self._set_timer(state)  # it fired, and there may be others
        return [alert for alert in alerts if alert is not None]

    def departed(self, customer: str, state: State, moment: Moment) -> list[Alert]:
        """Close every warning about a customer who has left: there is nobody to keep any more."""
        shadow.drop_finished(state, self._rules)
        alerts = [self._end(customer, state, self._rules[k], e, moment, "closed", None) for k, e in self._living(state)]
        return [alert for alert in alerts if alert is not None]

    def feedback(self, state: State, event: Feedback) -> None:
        """Take what an RM did. An outcome closes its episode; the desk, which knows who did it, says so on `alerts`."""
        ended = self._answers.take(state, event)
        if ended is not None:
            self._forget(state, ended, state.episodes[ended], event.time)
        for kind, episode in state.episodes.items():
            if episode.id == event.episode_id and event.action == "snooze" and not episode.held:
                episode.again_at = state.snoozed.get(kind, 0)
                if episode.again_at:  # what is put off must not expire meanwhile
                    episode.expires_at = max(episode.expires_at, episode.again_at + self._life_of(kind))
                self._set_timer(state)

    def _open(self, candidate: Candidate, held: Episode | None) -> Alert | None:
        """Tell of a warning for the first time, unless a stage mutes it; `held`: it was muted before."""
        state, rule, moment = candidate.state, candidate.rule, candidate.moment
        for muter in self._muters:
            if muter.mutes(candidate):
                self._hold(candidate, muter.name)
                self._keep(candidate, muter, held)
                return None
        snooze.wakes(state, rule.name, moment.time)
        episode = self._episode(candidate, held)
        episode.held, episode.again_at, episode.shadow = "", 0, shadow.on_trial(rule)
        episode.sequence, episode.updated_at = 1, max(episode.opened_at, moment.time)
        episode.expires_at = episode.updated_at + self._life_of(rule.name)
        self._set_timer(state)
        return self._emit(candidate, episode, "opened")

    def _episode(self, candidate: Candidate, held: Episode | None) -> Episode:
        state, rule, signal, moment = candidate.state, candidate.rule, candidate.signal, candidate.moment
        if held is not None:
            later.add(held, signal)
            return held
        episode = Episode(
            id=episode_id(candidate.customer, rule.name, moment.time, signal.causes),
            opened_at=moment.time,
            updated_at=moment.time,
            sequence=0,
            severity=signal.severity,
            expires_at=0,
            memo=dict(signal.memo),
            routes=list(signal.routes),
        )
        state.episodes[rule.name] = episode
        return episode

    def _keep(self, candidate: Candidate, muter: Muter, held: Episode | None) -> None:
        """Keep a muted warning until its stage lets go; where nobody knows when that is, let the warning go."""
        state, kind, until = candidate.state, candidate.rule.name, muter.until(candidate)
        if until is None:
            if held is not None:
                self._drop(state, kind)
            return
        episode = self._episode(candidate, held)
        episode.held, episode.again_at = muter.name, until
        later.keep(episode, candidate.signal)
        episode.expires_at = max(episode.expires_at, candidate.moment.time + self._life_of(kind))
        if kind not in self._lives:  # a fact with a life of its own is no news any more when that is over
            episode.expires_at = max(episode.expires_at, until + self._life)
        self._set_timer(state)

    def _again(self, customer: str, state: State, kind: str, episode: Episode, moment: Moment) -> Alert | None:
        """Speak of what was to be told by now: nothing has ended it."""
        episode.again_at = 0
        rule, signal = shadow.meant(self._rules[kind], state), later.said(episode)
        if episode.held:
            if signal is None or not rule.params.enabled:
                self._drop(state, kind)
                return None
            return self._open(Candidate(customer, state, rule, signal, moment), episode)
        snooze.wakes(state, kind, moment.time)
        episode.acked = False  # whoever put it off wanted to be told again
        if not rule.params.enabled:
            return None
        if signal is None:  # nothing new was said meanwhile
            signal = Signal(kind, episode.severity, {})
        candidate = Candidate(customer, state, rule, signal, moment, episode)
        stage = self._quieted(candidate, episode)
        if stage is not None:
            self._hold(candidate, stage)
            episode.again_at = self._until(stage, candidate)
            return None
        return self._tell(candidate, episode)

    def _update(self, candidate: Candidate, episode: Episode) -> Alert | None:
        state, rule, signal, moment = candidate.state, candidate.rule, candidate.signal, candidate.moment
        news = dedup.merge(candidate)
        stage = self._quieted(candidate, episode)
        if stage is not None:
            self._hold(candidate, stage)
            later.keep(episode, signal)
            if not episode.again_at and dedup.is_update(candidate, self._gap_of(candidate.rule), news=news):
                episode.again_at = self._until(stage, candidate)
                self._set_timer(state)
            self._prolong(state, rule.name, episode, moment.time)
            return None
        woken = snooze.wakes(state, rule.name, moment.time)
        if not woken and not dedup.is_update(candidate, self._gap_of(candidate.rule), news=news):
            self._suppressed(dedup.STAGE, rule.name)
            return None
        return self._tell(candidate, episode)

    def _tell(self, candidate: Candidate, episode: Episode) -> Alert | None:
        """Tell of an open warning once more."""
        state, rule, signal, moment = candidate.state, candidate.rule, candidate.signal, candidate.moment
        if worse(signal.severity, episode.severity):
            episode.severity, episode.acked = signal.severity, False
        episode.routes.extend(name for name in signal.routes if name not in episode.routes)
        if episode.again_at <= moment.time:
            episode.again_at = 0
        episode.sequence += 1
        episode.updated_at = max(episode.updated_at, moment.time)
        episode.expires_at = max(episode.expires_at, episode.updated_at + self._life_of(rule.name))
        self._set_timer(state)
        return self._emit(candidate, episode, "updated")

    def _quieted(self, candidate: Candidate, episode: Episode) -> str | None:
        """Return the stage that keeps an update from being told. One opened before a trial began is not updated."""
        for muter in self._update_muters:
            if muter.mutes(candidate):
                return muter.name
        return shadow.STAGE if not episode.shadow and shadow.on_trial(candidate.rule) else None

    def _until(self, stage: str, candidate: Candidate) -> int:
        return next((muter.until(candidate) or 0 for muter in self._update_muters if muter.name == stage), 0)

    def _prolong(self, state: State, kind: str, episode: Episode, time: int) -> None:
        """Keep what is quiet but still so from expiring; once in a while, because a timer's move costs a write."""
        until = time + self._life_of(kind)
        if until >= episode.expires_at + self._gap:
            episode.expires_at = until
            self._set_timer(state)

    def _emit(self, candidate: Candidate, episode: Episode, what: AlertState) -> Alert | None:
        customer, state, rule, moment = candidate.customer, candidate.state, candidate.rule, candidate.moment
        episode.said = ""
        if episode.shadow:
            self._shadowed(rule.name, episode.severity, what)
            state.held[rule.name] = Held(shadow.STAGE, moment.time, episode.severity)
            return None
        storm_id = None
        if what == "opened":
            storm_id = storm.mark(rule.name, moment, self._storm_limits, rule.business)
        return self._renderer.render(customer, state, rule, episode, moment, what, candidate.signal, storm_id)

    def _end(
        self,
        customer: str,
        state: State,
        rule: Rule[Any],
        episode: Episode,
        moment: Moment,
        what: AlertState,
        verdict: Clear | None,
    ) -> Alert | None:
        if episode.held:
            self._drop(state, rule.name)
            return None
        episode.sequence += 1
        episode.updated_at = max(episode.updated_at, moment.time)
        self._forget(state, rule.name, episode, moment.time)
        if episode.shadow:
            self._shadowed(rule.name, episode.severity, what)
            return None
        return self._renderer.render(customer, state, rule, episode, moment, what, verdict)

    def _hold(self, candidate: Candidate, stage: str) -> None:
        """Count what is not told, and remember it: "why was there no alert?"."""
        kind = candidate.rule.name
        self._suppressed(stage, kind)
        candidate.state.held[kind] = Held(stage, candidate.moment.time, candidate.signal.severity)

    def _forget(self, state: State, kind: str, episode: Episode, time: int) -> None:
        del state.episodes[kind]
        state.ended[shadow.ended_name(kind, shadow=episode.shadow)] = (time, episode.severity)
        for other in state.episodes.values():
            if other.held == Inhibit.name and not other.again_at:  # not at once: what ended it may end the others too
                other.again_at = max(time, other.updated_at) + _SETTLES
        self._set_timer(state)

    def _drop(self, state: State, kind: str) -> None:
        """Forget a warning that nobody was told of."""
        del state.episodes[kind]
        self._set_timer(state)

    def _gap_of(self, rule: Rule[Any]) -> int:
        return self._slow_gap if rule.behavioural else self._gap

    def _life_of(self, kind: str) -> int:
        return self._lives.get(kind, self._life)

    def _set_timer(self, state: State) -> None:
        due = [min(e.expires_at, e.again_at or e.expires_at) for _, e in self._living(state)]
        if due:
            state.timers[TIMER] = min(due)
        else:
            state.timers.pop(TIMER, None)

    def _living(self, state: State) -> list[tuple[str, Episode]]:
        """Return the episodes that can still change; those of a rule that was switched off wait for its return."""
        return [(kind, episode) for kind, episode in state.episodes.items() if kind in self._rules]
