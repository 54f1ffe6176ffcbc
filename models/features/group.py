"""Others of the customer's household, payroll group or circle who left.

Source: Dasgupta et al. 2008, "Social ties and their relevance to churn in mobile telecom networks".
"""

from __future__ import annotations

from models.features.base import Feature, feature
from models.features.view import View
from stream.domain.departures import groups_of

_NEIGHBOURS = "Dasgupta et al. 2008"


def known(view: View) -> bool:
    """Tell whether any of these features can be other than `ABSENT`."""
    return view.state.profile is not None or "group_contagion" in view.state.episodes


@feature(
    unit="yes or no",
    meaning="enough of the customer's household, payroll group or circle left lately to warn the others",
    source=_NEIGHBOURS,
    zh="所在群组有人离开：{value:.0f}",
    en="others of their group left: {value:.0f}",
)
def group_leaving(view: View) -> float | None:
    """Return 1 while that warning is open, else 0; missing for who belongs to no group."""
    if "group_contagion" in view.state.episodes:
        return 1
    return 0 if groups_of(view.state) else None


FEATURES: tuple[Feature, ...] = (group_leaving,)
ABSENT: tuple[float | None, ...] = (None,) * len(FEATURES)
