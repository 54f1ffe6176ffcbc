"""The model's grade: near to churn, or as good as gone."""

from __future__ import annotations

from pydantic import Field

from stream.domain.business import DAY_MS
from stream.domain.events import SEVERITIES, Severity
from stream.domain.signals import Clear, Figure, Scored, Signal, Verdict
from stream.domain.state import Score, State
from stream.rules.base import Params, Rule, Texts

MILLIONTHS = 1_000_000
"""A score is remembered in these: an episode's memo holds whole numbers."""

_GRADES: dict[str, tuple[Severity, str, str]] = {
    "near-churn": ("high", "临近流失", "near to churn"),
    "churned": ("critical", "已流失", "as good as churned"),
}


class ModelScoreParams(Params):
    """Parameters of `model_score`. Scores are probabilities, 0 to 1; where the grades lie is the model's."""

    likelihood: float = Field(0.6, gt=0, le=1, description="share of such warnings after which the customer leaves")
    margin: float = Field(0.1, ge=0, le=0.9, description="under the score of the opening, so that it may resolve")
    remind_days: int = Field(28, ge=1, le=90, description="days after which one that stays open is told again")


class ModelScore(Rule[ModelScoreParams]):
    """The model grades the customer near to churn or churned."""

    name = "model_score"
    listens = frozenset({"scored"})
    behavioural = True
    practice = (
        "A learned score sees combinations that no single rule does; with hysteresis (the Schmitt trigger's two "
        "thresholds), so that a score at the edge of a grade does not flutter."
    )
    respond_within_h = 48
    Params = ModelScoreParams
    texts = {
        "zh": Texts(
            title="模型评分预警",
            reason="模型对客户流失概率的评分为 {score:.0%}，等级：{grade_zh}（模型版本 {version}）。{because_zh}",
            cleared="模型评分已回落至 {score:.0%}，等级恢复正常（模型版本 {version}）。",
            next_step="查看客户近期变化与评分原因，两日内联系客户，按主要原因准备挽留方案。",
        ),
        "en": Texts(
            title="The model expects them to leave",
            reason=(
                "The model puts the chance of leaving at {score:.0%}: {grade_en} (model version {version}).{because_en}"
            ),
            cleared="The model's score is back at {score:.0%}, grade normal (model version {version}).",
            next_step=(
                "Look at what changed lately and at the reasons behind the score, and call within two days with an "
                "offer that answers the main one."
            ),
        ),
    }

    def evaluate(self, state: State, event: Scored) -> Verdict:
        """Open by the grade; resolve when it is normal and the score well under that of the opening."""
        score, episode = state.score, state.episodes.get(self.name)
        if score is None:
            return None  # no model yet
        graded = _GRADES.get(score.grade)
        if graded is None:
            if episode is None or round(score.value * MILLIONTHS) > episode.memo["score"] - self._margin:
                return None
            return Clear(self.name, self._evidence(score), (event.event_id,))
        severity, zh, en = graded
        if episode is not None:
            worse = SEVERITIES.index(severity) > SEVERITIES.index(episode.severity)
            if not worse and event.time < episode.updated_at + self.params.remind_days * DAY_MS:
                return None
        evidence = self._evidence(score) | {"grade_zh": zh, "grade_en": en} | _because(event.reasons)
        memo = {"score": round(score.value * MILLIONTHS)}
        return Signal(self.name, severity, evidence, (event.event_id,), memo)

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """What the model said last."""
        score = state.score
        if score is None:
            return {"score": "no model has scored this customer"}
        scored_on = self.business.date(self.business.day(score.time)).isoformat()
        reasons = [f"{name} {'unknown' if value is None else f'{value:g}'}" for name, value, _ in score.reasons]
        return self._evidence(score) | {"scored_on": scored_on} | ({"reasons": reasons} if reasons else {})

    @property
    def _margin(self) -> int:
        return round(self.params.margin * MILLIONTHS)

    def _evidence(self, score: Score) -> dict[str, Figure]:
        return {
            "measure": "churn_score",
            "score": round(score.value, 4),
            "grade": score.grade,
            "version": score.version,
        }


def _because(reasons: tuple[tuple[str, str], ...]) -> dict[str, Figure]:
    """Return the main reasons as a sentence of each language, an empty one where there are none."""
    zh, en = "；".join(zh for zh, _ in reasons), "; ".join(en for _, en in reasons)
    return {
        "because_zh": f"主要原因：{zh}。" if zh else "",
        "because_en": f" Mainly: {en}." if en else "",
    }
