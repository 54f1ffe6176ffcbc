"""The reasons for a score, in words: the features that added most to it, in the features' own words."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from msgspec import Struct

from models.features.base import Feature
from models.scoring.arrays import Floats

_PLACE = re.compile(r"\{value[^}]*\}")
UNKNOWN_ZH, UNKNOWN_EN = "不详", "unknown"


class Reason(Struct, frozen=True):
    """One feature's part in a score.

    `value` is in the feature's own unit (`None` = missing), `contribution` in log-odds, above zero towards leaving.
    """

    of: Feature
    value: float | None
    contribution: float

    @property
    def feature(self) -> str:
        """The feature's name."""
        return self.of.name

    @property
    def zh(self) -> str:
        """The reason in Chinese."""
        return words(self.of.zh, self.value, UNKNOWN_ZH)

    @property
    def en(self) -> str:
        """The reason in English."""
        return words(self.of.en, self.value, UNKNOWN_EN)


def reasons(
    contributions: Floats,
    vector: Sequence[float | None],
    features: Sequence[Feature],
    most: int,
    *,
    towards: bool = True,
) -> list[Reason]:
    """Return the `most` features that speak loudest for leaving (`towards`), or against it, the loudest first.

    `contributions` are a judgement's, `vector` is what was scored (`None` or NaN = missing), both in the order of
    `features`. Fewer come back where fewer speak that way.
    """
    left = contributions.copy() if towards else -contributions
    found: list[Reason] = []
    while len(found) < most:
        place = int(left.argmax())  # of equals the first; for so few that is sooner than sorting
        if left[place] <= 0:
            break
        left[place] = 0.0
        found.append(_reason(features[place], vector[place], float(contributions[place])))
    return found


def _reason(feature: Feature, entry: float | None, share: float) -> Reason:
    if entry is None or math.isnan(entry):
        return Reason(feature, None, share)
    return Reason(feature, unlogged(entry) if feature.log else float(entry), share)


def words(template: str, value: float | None, unknown: str) -> str:
    """Return a feature's words with the figure in them, or with a word for not known."""
    return _PLACE.sub(unknown, template) if value is None else template.format(value=value)


def unlogged(entry: float) -> float:
    """Return the figure whose signed log1p stands in a vector."""
    return math.copysign(math.expm1(abs(entry)), entry)
