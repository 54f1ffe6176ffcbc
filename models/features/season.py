"""Where in the year the cut-off lies: some trades sleep for months every year (seasonal dummies' smooth form)."""

from __future__ import annotations

from math import cos, pi, sin

from models.features.base import Feature, feature
from models.features.view import View

_YEAR = 365.2425
_SOURCE = "Harvey 1989, trigonometric seasonality"


def _angle(view: View) -> float:
    return 2 * pi / _YEAR * view.today  # business days count from a first of January


@feature(
    unit="-1 to 1",
    meaning="sine of the day of the year",
    source=_SOURCE,
    zh="季节(正弦){value:.2f}",
    en="season {value:.2f}",
)
def season_sine(view: View) -> float | None:
    """Return the sine: high in spring, low in autumn."""
    return sin(_angle(view))


@feature(
    unit="-1 to 1",
    meaning="cosine of the day of the year",
    source=_SOURCE,
    zh="季节(余弦){value:.2f}",
    en="season {value:.2f}",
)
def season_cosine(view: View) -> float | None:
    """Return the cosine: high in winter, low in summer."""
    return cos(_angle(view))


FEATURES: tuple[Feature, ...] = (season_sine, season_cosine)
