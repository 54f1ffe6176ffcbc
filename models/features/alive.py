"""The chance that the customer is still there, in closed form from frequency, recency and age: see `lifetime`."""

from __future__ import annotations

from models.features.base import Feature, feature
from models.features.view import View

_BGNBD = "Fader, Hardie and Lee 2005; Batislam, Denizel and Filiztekin 2007"


@feature(
    unit="log odds",
    meaning="of still being a customer, MBG/NBD",
    source=_BGNBD,
    zh="仍在活动的对数几率{value:+.1f}",
    en="log odds of still being active {value:+.1f}",
)
def alive(view: View) -> float | None:
    """Return log odds of being alive; missing without an act."""
    return None if view.alive is None else view.alive[0]


@feature(
    unit="log odds",
    meaning="of no act in the coming 90 days: gone already, or alive and by chance silent",
    source=_BGNBD,
    zh="未来90天无交易的对数几率{value:+.1f}",
    en="log odds of no act in 90 days {value:+.1f}",
)
def silent_ahead(view: View) -> float | None:
    """Return log odds of a silent quarter; missing without an act."""
    return None if view.alive is None else view.alive[1]


@feature(
    unit="log odds",
    meaning="of still being a customer, MBG/NBD of a steady clientele",
    source=_BGNBD,
    zh="仍在活动的对数几率(稳定客群){value:+.1f}",
    en="log odds of still being active {value:+.1f} (steady clientele)",
)
def alive_steady(view: View) -> float | None:
    """Return log odds of being alive; missing without an act."""
    return None if view.alive is None else view.alive[2]


@feature(
    unit="log odds",
    meaning="of no act in the coming 90 days, MBG/NBD of a steady clientele",
    source=_BGNBD,
    zh="未来90天无交易的对数几率(稳定客群){value:+.1f}",
    en="log odds of no act in 90 days {value:+.1f} (steady clientele)",
)
def silent_ahead_steady(view: View) -> float | None:
    """Return log odds of a silent quarter; missing without an act."""
    return None if view.alive is None else view.alive[3]


FEATURES: tuple[Feature, ...] = (alive, silent_ahead, alive_steady, silent_ahead_steady)
