"""Calls that go to another network: an unconditional forwarding precedes the port-out (practice of phone companies)."""

from __future__ import annotations

from models.features.base import Feature, feature
from models.features.view import View

_SOURCE = "practice: an unconditional forwarding off the network precedes the port-out"


def known(view: View) -> bool:
    """Tell whether any of these features can be other than `ABSENT`."""
    return view.state.forwarding is not None


@feature(
    unit="grade",
    meaning="calls forwarded to another network: 2 all of them, 1 some, 0 none",
    source="practice: an unconditional forwarding off the network precedes the port-out",
    zh="呼叫转移至他网程度{value:.0f}(最高2)",
    en="calls forwarded to another network: {value:.0f} of 2",
)
def forwarded_away(view: View) -> float | None:
    """Return the grade; missing for who never forwarded."""
    now = view.state.forwarding
    if now is None:
        return None
    if now.state == "inactive" or now.network is None or now.network in view.business.own_networks:
        return 0
    return 2 if now.state == "unconditional" else 1


@feature(
    unit="days",
    meaning="since the forwarding was last changed",
    source="practice: see forwarded_away",
    log=True,
    zh="距呼叫转移变更{value:.0f}天",
    en="{value:.0f} days since forwarding changed",
)
def since_forwarding(view: View) -> float | None:
    """Return the days; missing for who never forwarded."""
    return None if view.state.forwarding is None else view.age(view.state.forwarding.time)


FEATURES: tuple[Feature, ...] = (
    forwarded_away,
    since_forwarding,
)
ABSENT: tuple[float | None, ...] = (None,) * len(FEATURES)
