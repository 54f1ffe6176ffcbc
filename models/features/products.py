"""What the customer holds and owes: products, credit, tier and class.

Sources: cross-buying lengthens a relation (Reinartz and Kumar 2003); credit use and tightening, practice of card
issuers.
"""

from __future__ import annotations

from math import log2

from models.features.base import Feature, feature
from models.features.view import View
from stream.domain.business import DAY_MS
from stream.domain.classes import is_named, place
from stream.domain.figures import credit_limit, drawn_share

_CROSS = "Reinartz and Kumar 2003"
_CREDIT = "practice: card issuers"
_CLASSES = "practice: service classes"
_QUARTER = 90


@feature(
    unit="products",
    meaning="products held now",
    source=_CROSS,
    zh="持有{value:.0f}个产品",
    en="{value:.0f} products held",
)
def products_held(view: View) -> float | None:
    """Return the number; missing where no product was ever heard of."""
    products = view.state.products
    return sum([not held.ended_on for held in products.values()]) if products else None


@feature(
    unit="products",
    meaning="products that ended within 90 days",
    source=_CROSS,
    zh="近90天结束{value:.0f}个产品",
    en="{value:.0f} products ended in 90 days",
)
def products_ended(view: View) -> float | None:
    """Return the number; missing where no product was ever heard of."""
    products = view.state.products
    return sum([held.ended_on > view.today - _QUARTER for held in products.values()]) if products else None


@feature(
    unit="days",
    meaning="until the next product matures",
    source="practice: maturing money is free to leave",
    log=True,
    zh="最近到期还有{value:.0f}天",
    en="{value:.0f} days until a product matures",
)
def until_maturity(view: View) -> float | None:
    """Return the days; missing where nothing that is held matures."""
    products = view.state.products
    if not products:
        return None
    today = view.business.date(view.today)
    ahead = [
        (held.matures_on - today).days
        for held in products.values()
        if held.matures_on is not None and not held.ended_on and held.matures_on >= today
    ]
    return min(ahead, default=None)


@feature(unit="accounts", meaning="accounts known", source=_CROSS, zh="{value:.0f}个账户", en="{value:.0f} accounts")
def accounts(view: View) -> float | None:
    """Return the number; missing where none is known."""
    return len(view.state.accounts) or None


@feature(
    unit="money",
    meaning="the credit line",
    source=_CREDIT,
    log=True,
    zh="授信额度{value:,.0f}",
    en="credit line {value:,.0f}",
)
def credit_line(view: View) -> float | None:
    """Return the credit line; missing where there is none."""
    line = credit_limit(view.state, view.today)
    return None if line is None else view.business.major(round(line))


@feature(
    unit="share",
    meaning="share of the credit line that is drawn",
    source=_CREDIT,
    zh="额度使用{value:.0%}",
    en="{value:.0%} of the credit line drawn",
)
def credit_drawn(view: View) -> float | None:
    """Return the share, at most 5; missing without a credit line."""
    state = view.state
    if not state.accounts and state.profile is None and state.credit is None:
        return None
    share = drawn_share(state, view.today)
    return None if share is None else min(5.0, share)


@feature(
    unit="log ratio",
    meaning="the last change of the credit line, if it was within 180 days: below 0 it was cut",
    source=_CREDIT,
    zh="近半年额度变化(对数){value:+.2f}",
    en="credit line changed by {value:+.2f} (log)",
)
def credit_changed(view: View) -> float | None:
    """Return `log2` of new over old, within +-10; missing without a recent change."""
    changed = view.state.credit
    if changed is None or view.age(changed.time) > 180 or changed.before <= 0:
        return None
    return max(-10.0, log2(max(changed.now, 1) / changed.before))


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
    source=_CREDIT,
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
    products_held,
    products_ended,
    until_maturity,
    accounts,
    credit_line,
    credit_drawn,
    credit_changed,
    tier,
    tier_fell,
    class_place,
    debt_ratio,
    years_with_us,
)
