"""The reasons for a score, in words: the features that added most to it, in the features' own words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from models.features.base import Feature

_PLACE = re.compile(r"\{value[^}]*\}")
UNKNOWN_ZH, UNKNOWN_EN = "不详", "unknown"


class Reason(Struct, frozen=True):
    """One feature's part in a score.

    `value` is in the feature's own unit (`None` = missing), `contribution` in log-odds, above zero towards leaving.
    """

    feature: str
    value: float | None
    contribution: float
    zh: str
    en: str


def reasons(
    contributions: Iterable[tuple[str, float]],
    vector: Sequence[float | None],
    features: Sequence[Feature],
    most: int,
    *,
    towards: bool = True,
) -> list[Reason]:
    """Return the `most` features that speak loudest for leaving (`towards`), or against it.

    `contributions` come from `Scorer.contributions`, the greatest first; `vector` is what was scored, in the order of
    `features`. Fewer come back where fewer speak that way.
    """
    place: Mapping[str, int] = {feature.name: index for index, feature in enumerate(features)}
    chosen = [(name, share) for name, share in contributions if (share > 0) == towards][:most]
    return [_reason(features[place[name]], vector[place[name]], share) for name, share in chosen]


def _reason(feature: Feature, entry: float | None, share: float) -> Reason:
    value = unlogged(entry) if feature.log and entry is not None else entry
    return Reason(
        feature.name, value, share, words(feature.zh, value, UNKNOWN_ZH), words(feature.en, value, UNKNOWN_EN)
    )


def words(template: str, value: float | None, unknown: str) -> str:
    """Return a feature's words with the figure in them, or with a word for not known."""
    return _PLACE.sub(unknown, template) if value is None else template.format(value=value)


def unlogged(entry: float) -> float:
    """Return the figure whose signed log1p stands in a vector."""
    return math.copysign(math.expm1(abs(entry)), entry)
