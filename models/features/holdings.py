"""Products and accounts held: cross-buying lengthens a relation.

Source: Reinartz and Kumar 2003, "The impact of customer relationship characteristics on profitable lifetime duration".
"""

from __future__ import annotations

from models.features.base import Feature, feature
from models.features.view import View

_CROSS = "Reinartz and Kumar 2003"
_QUARTER = 90


def known(view: View) -> bool:
    """Tell whether any of these features can be other than `ABSENT`."""
    return bool(view.state.products or view.state.accounts)


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


FEATURES: tuple[Feature, ...] = (
    products_held,
    products_ended,
    until_maturity,
    accounts,
)
ABSENT: tuple[float | None, ...] = (None,) * len(FEATURES)
