"""Tier, class and what else the profile says of the customer's standing."""

from __future__ import annotations

from models.features.base import Feature, feature
from models.features.view import View
from stream.domain.business import DAY_MS
from stream.domain.classes import is_named, place

_CLASSES = "practice: service classes"


def known(view: View) -> bool:
    """Tell whether any of these features can be other than `ABSENT`."""
    return view.state.profile is not None or view.state.tier is not None


@feature(
    unit="place",
    meaning="tier, 0 = the highest configured",
    source=_CLASSES,
    zh="等级第{value:.0f}档(0为最高)",
    en="tier {value:.0f} (0 is the highest)",
)
def tier(view: View) -> float | None:
    """Return the tier's place; missing for one that is not configured."""
    now = view.state.tier
    tiers = view.business.tiers
    return tiers.index(now.tier) if now is not None and now.tier in tiers else None


@feature(
    unit="places",
    meaning="how far the tier went down within 180 days; below 0: up",
    source=_CLASSES,
    zh="近半年等级下降{value:+.0f}档",
    en="tier went down by {value:+.0f} in half a year",
)
def tier_fell(view: View) -> float | None:
    """Return the change, 0 where there was none lately; missing without a configured tier."""
    now, tiers = view.state.tier, view.business.tiers
    if now is None or now.tier not in tiers:
        return None
    if now.before not in tiers or view.age(now.time) > 180:
        return 0
    return tiers.index(now.tier) - tiers.index(now.before)


@feature(
    unit="place",
    meaning="class as the profile names it, 0 = matters most; a derived class says nothing that other features do not",
    source=_CLASSES,
    zh="客户分类第{value:.0f}位(0为最重要)",
    en="class {value:.0f} (0 matters most)",
)
def class_place(view: View) -> float | None:
    """Return the place of the class; missing where the profile names none."""
    if not is_named(view.state):
        return None
    return place(view.business.classes.of(view.state, view.today).name)


@feature(
    unit="ratio",
    meaning="debts over assets, as the profile has it",
    source=_CLASSES,
    zh="负债率{value:.2f}",
    en="debts of {value:.2f} of the assets",
)
def debt_ratio(view: View) -> float | None:
    """Return the ratio, within +-1000; missing where it is not known."""
    profile = view.state.profile
    if profile is None or profile.debt_ratio is None:
        return None
    return max(-1000.0, min(1000.0, profile.debt_ratio))


@feature(
    unit="years",
    meaning="since the profile's `since`",
    source="Reinartz and Kumar 2003",
    zh="在本行{value:.1f}年",
    en="with us for {value:.1f} years",
)
def years_with_us(view: View) -> float | None:
    """Return the years; missing where the profile does not say."""
    profile = view.state.profile
    if profile is None or profile.since is None:
        return None
    return max(0.0, (view.time / DAY_MS - view.business.day_of_date(profile.since)) / 365.25)


FEATURES: tuple[Feature, ...] = (
    tier,
    tier_fell,
    class_place,
    debt_ratio,
    years_with_us,
)
ABSENT: tuple[float | None, ...] = (None,) * len(FEATURES)
