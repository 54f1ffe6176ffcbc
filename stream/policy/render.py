"""Verdict and state into the alert that people and systems read."""

from __future__ import annotations

from typing import Any

from stream.domain.alerts import PRIORITY, Alert, AlertState, NextStep, Words, alert_id, rfc3339
from stream.domain.business import HOUR_MS
from stream.domain.signals import Clear, Figure, Language, Signal
from stream.domain.state import Episode, State
from stream.policy.base import Moment
from stream.policy.route import route
from stream.rules.base import Rule, Texts

_EXPIRED = Words(
    "长时间未见后续变化，预警自动到期。",
    "Nothing further happened for a long time: the warning expired by itself.",
)

_CLOSED = Words("客户已离开，预警关闭。", "The customer has left: the warning is closed.")


def _next_step(texts: dict[Language, Texts], evidence: dict[str, Figure], due: str) -> NextStep:
    """Its words may depend on the evidence, as the reason's do: a warning that goes by stages has one for each."""
    return NextStep(texts["zh"].next_step.format(**evidence), texts["en"].next_step.format(**evidence), due)


def render(
    customer: str,
    state: State,
    rule: Rule[Any],
    episode: Episode,
    moment: Moment,
    what: AlertState,
    verdict: Signal | Clear | None,
) -> Alert:
    """Return the alert that says what has just become of `episode`; `verdict` is `None` for an expiry."""
    profile = state.profile
    evidence = dict(verdict.evidence) if verdict is not None else {}
    texts = rule.texts
    if verdict is None:
        reason = _CLOSED if what == "closed" else _EXPIRED
    elif isinstance(verdict, Clear):
        reason = Words(texts["zh"].cleared.format(**evidence), texts["en"].cleared.format(**evidence))
    else:
        reason = Words(texts["zh"].reason.format(**evidence), texts["en"].reason.format(**evidence))
    active = isinstance(verdict, Signal)
    hours = rule.due_h(verdict) if isinstance(verdict, Signal) else rule.respond_within_h
    due = rfc3339(episode.updated_at + hours * HOUR_MS)
    return Alert(
        alert_id=alert_id(episode.id, episode.sequence),
        episode_id=episode.id,
        sequence=episode.sequence,
        state=what,
        kind=rule.name,
        severity=episode.severity,
        priority=PRIORITY[episode.severity],
        customer_id=customer,
        rm_id=profile.rm_id if profile else None,
        branch_id=profile.branch_id if profile else None,
        routes=route(state, tuple(episode.routes)),
        title=Words(texts["zh"].title, texts["en"].title),
        reason=reason,
        next_step=_next_step(texts, evidence, due) if active else None,
        evidence={name: figure for name, figure in evidence.items() if not name.endswith(("_zh", "_en"))},
        series=list(verdict.series) if isinstance(verdict, Signal) else [],
        event_time=rfc3339(moment.time),
        rule=rule.name,
        rule_version=rule.version,
        causes=list(verdict.causes) if verdict is not None else [],
        detected_at=rfc3339(moment.detected),
    )
