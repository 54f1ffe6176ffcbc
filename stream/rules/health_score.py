"""The relation as a whole gets worse, though no single sign may be enough."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from stream.domain.business import DAY_MS, Business
from stream.domain.events import Severity
from stream.domain.health import Health, Weights, health
from stream.domain.signals import Clear, Figure, NewDay, Signal, Tick, Verdict
from stream.domain.state import State
from stream.rules.base import Params, Rule, Texts, causes_of

_DAY, _SCORE, _WAS_ARMED, _ARMED, _BEFORE = range(5)
"""What is kept: the day of the last judgement, its score in tenths (-1 = unknown), whether a fall would be news before
it and after it, and the score before it."""


class HealthScoreParams(Params):
    """Parameters of `health_score`. A score is 0 to 100; of the weights only the proportions matter."""

    ascending = (("severe_below", "warn_below", "clear_from"),)

    likelihood: float = Field(0.4, gt=0, le=1, description="share of such warnings after which the customer leaves")
    contact: float = Field(0.2, ge=0, le=1, description="weight of how long ago they were spoken to")
    holdings: float = Field(0.15, ge=0, le=1, description="weight of the products they hold")
    activity: float = Field(0.25, ge=0, le=1, description="weight of active days against their own past")
    balance: float = Field(0.2, ge=0, le=1, description="weight of holdings against their own median")
    complaints: float = Field(0.1, ge=0, le=1, description="weight of complaints that are not settled")
    risk: float = Field(0.1, ge=0, le=1, description="weight of the risk grade")
    warn_below: float = Field(50, ge=1, le=99, description="score under which it is said")
    severe_below: float = Field(30, ge=0, le=99, description="score under which it is said louder")
    clear_from: float = Field(60, ge=1, le=100, description="score at which it is over; above warn_below")
    min_parts: int = Field(3, ge=1, le=6, description="parts that are known, at least")
    min_history_days: int = Field(84, ge=28, le=366, description="days since the first event, at least")
    every_days: int = Field(7, ge=1, le=92, description="days between two judgements")
    silent_days: int = Field(14, ge=1, le=92, description="days after the last judgement, when nothing arrives")
    give_up_days: int = Field(180, ge=28, le=3660, description="days of silence after which nobody asks any more")


class HealthScore(Rule[HealthScoreParams]):
    """An index of contact, holdings, activity, balance, complaints and risk grade falls under a line."""

    name = "health_score"
    listens = frozenset({"new-day"})
    behavioural = True
    practice = (
        "Customer-success teams watch a weighted health score, because leaving is rarely one event (Mehta, Steinman "
        "and Murphy 2016, Customer Success); shown with its parts, since a number alone tells an RM nothing to do."
    )
    respond_within_h = 72
    Params = HealthScoreParams
    texts = {
        "zh": Texts(
            title="客户健康度下降",
            reason=(
                "客户健康度由 {before:.0f} 降至 {score:.0f}（满分 100，预警线 {warn_below:.0f}）；各项：{parts_zh}。"
            ),
            cleared="客户健康度已回升至 {score:.0f}。",
            next_step="查看得分最低的一项（{worst_zh}），本周内联系客户，针对该项处理并记录结果。",
        ),
        "en": Texts(
            title="Customer health falls",
            reason=(
                "Health fell from {before:.0f} to {score:.0f} of 100, under the line of {warn_below:.0f}; "
                "parts: {parts_en}."
            ),
            cleared="Health is back at {score:.0f}.",
            next_step="Look at the weakest part ({worst_en}), call this week about it and note what came of it.",
        ),
    }

    def __init__(self, params: HealthScoreParams, business: Business) -> None:
        """Gather the weights once."""
        super().__init__(params, business)
        self._weights = Weights(
            params.contact, params.holdings, params.activity, params.balance, params.complaints, params.risk
        )
        self._clear = max(params.clear_from, params.warn_below)

    @property
    def weights(self) -> Weights:
        """How much each part counts."""
        return self._weights

    def skips(self, state: State, event: Any, today: int) -> bool:
        """Between two judgements, and while a customer is new, there is nothing to do but to wait for the timer."""
        known = state.memory.get(self.name)
        if known is not None:
            return self.name not in state.episodes and 0 < today - known[_DAY] < self.params.every_days
        if self.name not in state.timers or state.left_at or not (state.accounts or state.months.items):
            return False
        return _now(state, event) - state.first_seen < self.params.min_history_days * DAY_MS

    def remember(self, state: State, event: Any) -> list[int] | None:
        """Judge once a week, and each day while a warning is open; keep the score and whether a fall is news."""
        now = _now(state, event)
        if now - state.first_seen < self.params.min_history_days * DAY_MS:
            return None
        today = self.business.day(now)
        known = state.memory.get(self.name)
        if known is not None:
            every = 1 if self.name in state.episodes else self.params.every_days
            if today - known[_DAY] < every:
                return None
        found = self._health(state, now)
        armed = known[_ARMED] if known is not None else 0
        if found.score is None:
            return [today, -1, armed, armed, -1]
        first = known is None or known[_SCORE] < 0
        after = 1 if found.score >= (self.params.warn_below if first else self._clear) else armed
        score = round(found.score * 10)
        still = after if found.score >= self.params.warn_below else 0
        return [today, score, armed, still, score if known is None or known[_SCORE] < 0 else known[_SCORE]]

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Speak on the day of a judgement: of a fall under the line, of a fall further down, of a recovery."""
        known = state.memory.get(self.name)
        if known is None or known[_SCORE] < 0:
            return None
        now = _now(state, event)
        if known[_DAY] != self.business.day(now) or state.left_at:
            return None
        score = known[_SCORE] / 10
        episode = state.episodes.get(self.name)
        causes = causes_of(event)
        if episode is not None and score >= self._clear:
            return Clear(self.name, {"score": score, "clear_from": self._clear}, causes)
        severe = score < self.params.severe_below
        if episode is not None:
            return self._signal(state, now, score, causes) if severe and episode.severity != "high" else None
        return self._signal(state, now, score, causes) if known[_WAS_ARMED] and score < self.params.warn_below else None

    def next_due(self, state: State, event: Any) -> int | None:
        """Ask again after some weeks of silence, until a fall has been told or everything has long been silent."""
        now = _now(state, event)
        known = state.memory.get(self.name)
        if known is not None and type(event) is NewDay and known[_DAY] != self.business.day(now):
            return state.timers.get(self.name)
        if state.left_at or not (state.accounts or state.months.items):
            return None
        if known is None:
            armed = state.timers.get(self.name)
            if armed is not None:
                return armed
            wait = self.params.min_history_days * DAY_MS
            return state.first_seen + wait if now < state.first_seen + wait else None
        told = known[_SCORE] >= 0 and not known[_ARMED]
        if told or now - state.newest > self.params.give_up_days * DAY_MS:
            return None
        return self.business.day_start(known[_DAY] + self.params.silent_days, 9)

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """The score and its parts at the moment."""
        found = self._health(state, time)
        return {
            "score": "unknown" if found.score is None else found.score,
            "warn_below": self.params.warn_below,
            **{f"part_{name}": round(value, 2) for name, value in found.parts.items()},
            "parts_needed": self.params.min_parts,
            "days_of_history": max(0, (time - state.first_seen) // DAY_MS) if state.first_seen else 0,
            "days_needed": self.params.min_history_days,
        }

    def _health(self, state: State, time: int) -> Health:
        found = health(state, time, self.business, self._weights)
        return found if len(found.parts) >= self.params.min_parts else Health(None, found.parts)

    def _signal(self, state: State, now: int, score: float, causes: tuple[str, ...]) -> Signal:
        parts = self._health(state, now).parts
        worst = min(parts, key=lambda name: (parts[name] - 1) * getattr(self._weights, name))
        ordered = sorted(parts, key=lambda name: (parts[name], name))
        evidence: dict[str, Figure] = {
            "measure": "health",
            "score": score,
            "before": state.memory[self.name][_BEFORE] / 10,
            "warn_below": self.params.warn_below,
            "unit": "of 100",
            **{f"part_{name}": round(100 * parts[name], 1) for name in ordered},
            "weights": [f"{name} {getattr(self._weights, name):g}" for name in ordered],
            "worst": worst,
            "worst_zh": _ZH[worst],
            "worst_en": worst,
            "parts_zh": "、".join(f"{_ZH[name]} {100 * parts[name]:.0f}" for name in ordered),
            "parts_en": ", ".join(f"{name} {100 * parts[name]:.0f}" for name in ordered),
        }
        severity: Severity = "high" if score < self.params.severe_below else "medium"
        return Signal(self.name, severity, evidence, causes, {"score": round(score * 10)})


def _now(state: State, event: Any) -> int:
    return event.time if isinstance(event, Tick) else state.newest


_ZH = {
    "contact": "联系",
    "holdings": "产品持有",
    "activity": "活跃度",
    "balance": "资产走势",
    "complaints": "投诉",
    "risk": "风险等级",
}
