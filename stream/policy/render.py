"""Verdict and state into the alert that people and systems read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from stream.domain.alerts import Alert, AlertState, NextStep, ScoreReason, Words, alert_id, rfc3339
from stream.domain.health import USUAL, Weights, health
from stream.domain.signals import Clear, Signal
from stream.domain.state import Episode, Score, State
from stream.policy.base import Moment
from stream.policy.due import OfficeHours
from stream.policy.rank import Ranking
from stream.policy.route import route
from stream.rules.base import Rule

_EXPIRED = Words(
    "长时间未见后续变化，预警自动到期。",
    "Nothing further happened for a long time: the warning expired by itself.",
)

_STILL = Words(
    "暂缓期已过，情况未见解除，请继续跟进。",
    "The time for which it was put off is over, and nothing has ended it: go on with it.",
)

_CLOSED = Words("客户已离开，预警关闭。", "The customer has left: the warning is closed.")


Explain = Callable[[Score], list[ScoreReason]]
"""Puts the reasons of a score into words; they are the model's."""


def _unexplained(score: Score) -> list[ScoreReason]:
    return [ScoreReason(name, value, share, name, name) for name, value, share in score.reasons]


@dataclass(frozen=True)
class Renderer:
    """Puts an alert together: rank, routes, words, the next step with its time, and what the model says."""

    ranking: Ranking = field(default_factory=Ranking)
    office: OfficeHours = field(default_factory=OfficeHours)
    explain: Explain = _unexplained
    weights: Weights = USUAL  # of the health score, which is told while there is no model

    def render(
        self,
        customer: str,
        state: State,
        rule: Rule[Any],
        episode: Episode,
        moment: Moment,
        what: AlertState,
        verdict: Signal | Clear | None,
        storm_id: str | None = None,
    ) -> Alert:
        """Return the alert that says what has just become of `episode`; `verdict` is `None` for an expiry."""
        profile, score = state.profile, state.score
        evidence = dict(verdict.evidence) if verdict is not None else {}
        title = Words(rule.texts["zh"].title, rule.texts["en"].title)
        hours = rule.due_h(verdict) if isinstance(verdict, Signal) else rule.respond_within_h
        rank = self.ranking.rank(rule, state, episode.severity, hours, moment)
        return Alert(
            alert_id=alert_id(episode.id, episode.sequence),
            episode_id=episode.id,
            sequence=episode.sequence,
            state=what,
            kind=rule.name,
            severity=episode.severity,
            priority=self.ranking.priority(episode.severity, rank),
            customer_id=customer,
            rm_id=profile.rm_id if profile else None,
            branch_id=profile.branch_id if profile else None,
            routes=route(state, tuple(episode.routes), moment.world.staff),
            title=title,
            reason=_reason(rule, what, verdict),
            next_step=self._next_step(rule, episode, verdict, hours)
            if isinstance(verdict, Signal) and evidence
            else None,
            evidence={name: figure for name, figure in evidence.items() if not name.endswith(("_zh", "_en"))},
            series=list(verdict.series) if isinstance(verdict, Signal) else [],
            event_time=rfc3339(moment.time),
            rule=rule.name,
            rule_version=rule.version,
            causes=list(verdict.causes) if verdict is not None else [],
            score=score.value if score is not None else None,
            grade=score.grade if score is not None else None,
            model_version=score.version if score is not None else None,
            reasons=self.explain(score) if score is not None else [],
            health=health(state, moment.time, rule.business, self.weights).score if score is None else None,
            rank=rank,
            storm_id=storm_id,
            detected_at=rfc3339(moment.detected),
        )

    def _next_step(self, rule: Rule[Any], episode: Episode, signal: Signal, hours: int) -> NextStep:
        """Its words may depend on the evidence, as the reason's do: a warning that goes by stages has one for each."""
        due = self.office.due(episode.updated_at, hours, rule.business)
        zh, en = rule.texts["zh"].next_step, rule.texts["en"].next_step
        return NextStep(zh.format(**signal.evidence), en.format(**signal.evidence), rfc3339(due))


def _reason(rule: Rule[Any], what: AlertState, verdict: Signal | Clear | None) -> Words:
    if verdict is None:
        return _CLOSED if what == "closed" else _EXPIRED
    if not verdict.evidence:
        return _STILL
    zh, en = rule.texts["zh"], rule.texts["en"]
    if isinstance(verdict, Clear):
        return Words(zh.cleared.format(**verdict.evidence), en.cleared.format(**verdict.evidence))
    return Words(zh.reason.format(**verdict.evidence), en.reason.format(**verdict.evidence))
