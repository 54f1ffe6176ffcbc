"""Changes of the whole town from a day on, so that a model's adaptation can be watched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from stream.simulate.clock import Clock

EFFECTS: dict[str, tuple[str, float]] = {
    "campaign": ("leaving", 3.0),
    "quiet-leavers": ("silent", 3.0),
    "price-rise": ("complaints", 3.0),
    "outages": ("incidents", 6.0),
    "slump": ("spending", 0.6),
}
"""What `--drift DATE:WHAT` may name: which rate moves, and by which factor unless `=FACTOR` is given.

campaign: a competitor's, more leave; quiet-leavers: more of them without a sign; price-rise: more complaints;
outages: more service incidents; slump: everybody spends and calls less, and nobody leaves for it.
"""


class DriftError(ValueError):
    """A drift cannot be read; the message says what is expected."""


@dataclass(frozen=True, slots=True)
class Drift:
    """From `begins` on, `rate` is multiplied by `factor`."""

    begins: date
    rate: str
    factor: float


class Drifts:
    """All drifts of a run."""

    def __init__(self, drifts: tuple[Drift, ...], clock: Clock) -> None:
        """Several on one rate multiply."""
        self._steps = sorted((clock.day(drift.begins), drift.rate, drift.factor) for drift in drifts)

    def factor(self, rate: str, day: int) -> float:
        """Return what `rate` is multiplied by on `day`."""
        product = 1.0
        for begins, name, factor in self._steps:
            if name == rate and begins <= day:
                product *= factor
        return product

    def changes(self, rate: str) -> list[int]:
        """Return the days on which `rate` changes, in order."""
        return [begins for begins, name, _ in self._steps if name == rate]


def parse(text: str) -> Drift:
    """Read `DATE:WHAT` or `DATE:WHAT=FACTOR`, such as `2025-04-01:campaign=2.5`.

    Raises:
        DriftError: saying which part is wrong and what is allowed.
    """
    begins, _, what = text.partition(":")
    name, _, factor = what.partition("=")
    if name not in EFFECTS:
        raise DriftError(f"{text!r}: expected DATE:WHAT with WHAT one of {', '.join(EFFECTS)}")
    try:
        day = date.fromisoformat(begins)
    except ValueError:
        raise DriftError(f"{text!r}: {begins!r} is not a date such as 2025-04-01") from None
    rate, usual = EFFECTS[name]
    try:
        value = float(factor) if factor else usual
    except ValueError:
        value = -1.0
    if not 0 < value < 1000:
        raise DriftError(f"{text!r}: the factor must be a number above 0 and below 1000")
    return Drift(day, rate, value)
