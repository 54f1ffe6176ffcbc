"""Settings into the policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from models.features.sets import FEATURES
from models.scoring.reasons import UNKNOWN_EN, UNKNOWN_ZH, words
from stream.config import Settings
from stream.domain.alerts import ScoreReason
from stream.domain.health import USUAL, Weights
from stream.domain.state import Score
from stream.domain.storm import StormLimits
from stream.metrics import Metrics
from stream.policy import inhibit
from stream.policy.cool_down import CoolDown
from stream.policy.due import OfficeHours
from stream.policy.order import check_kinds, order
from stream.policy.pipeline import Pipeline
from stream.policy.rank import Ranking
from stream.policy.render import Renderer
from stream.policy.silences import Silence
from stream.rules import registry
from stream.rules.base import Rule
from stream.rules.health_score import HealthScore

_FEATURES = {feature.name: feature for feature in FEATURES}


def explained(score: Score) -> list[ScoreReason]:
    """Return the reasons of a score in words; a feature that another build knew goes by its name."""
    return [_explained(*reason) for reason in score.reasons]


def _explained(name: str, value: float | None, share: float) -> ScoreReason:
    feature = _FEATURES.get(name)
    zh = words(feature.zh, value, UNKNOWN_ZH) if feature is not None else name
    en = words(feature.en, value, UNKNOWN_EN) if feature is not None else name
    return ScoreReason(name, None if value is None else round(value, 4), round(share, 4), zh, en)


def weights(rules: Iterable[Rule[Any]]) -> Weights:
    """Return how the parts of the health score are weighed: as its rule does, if it runs."""
    return next((rule.weights for rule in rules if isinstance(rule, HealthScore)), USUAL)


def pipeline(
    settings: Settings, rules: Sequence[Rule[Any]], metrics: Metrics, silences: Iterable[Silence] = ()
) -> Pipeline:
    """Return the policy over `rules`, with the silences in force.

    Raises:
        PolicyError: a table names a kind that no rule has.
    """
    given = settings.policy
    known = registry.discover()
    inhibit.check(given.inhibit, known)
    check_kinds(given.cool_down, known, "policy.cool_down")
    check_kinds(given.expire, known, "policy.expire")
    cool_down = CoolDown(given.cool_down_h, given.cool_down, false_alarm_factor=given.false_alarm_factor)
    rank = given.rank
    ranking = Ranking(rank.asset_margin, rank.unknown_value, rank.severity, rank.top_fifth_up)
    return Pipeline(
        rules,
        order(cool_down, inhibit=given.inhibit, silences=silences, holdout_share=given.holdout_share),
        update_gap_h=given.update_gap_h,
        behavioural_gap_h=given.behavioural_gap_h,
        expire_days=given.expire_days,
        expire_by_kind=given.expire,
        let_go_days=given.let_go_days,
        renderer=Renderer(ranking, OfficeHours(*given.office_hours), explained, weights(rules)),
        storm_limits=StormLimits(given.storm.at_least, given.storm.factor),
        suppressed=lambda stage, kind: metrics.suppressed.labels(stage, kind).inc(),
        shadowed=lambda kind, severity, state: metrics.shadow_alerts.labels(kind, severity, state).inc(),
    )
