"""Money that goes to other institutions.

Source: share of wallet at competitors, Buckinx and Van den Poel 2005, "Customer base analysis: partial defection".
"""

from __future__ import annotations

from models.features.base import Feature, feature
from models.features.view import View

_WALLET = "Buckinx and Van den Poel 2005"
_FRESH_DAYS = 14


@feature(
    unit="share",
    meaning="share of the money out that went to other institutions, 30 days",
    source=_WALLET,
    zh="近30天{value:.0%}的支出转往他行",
    en="{value:.0%} of money out went elsewhere in 30 days",
)
def elsewhere_share_30(view: View) -> float | None:
    """Return the share; missing where no money went out."""
    now = view.last_30
    return min(1.0, now.elsewhere / now.out) if now.out > 0 else None


@feature(
    unit="share",
    meaning="share of the money out that went to other institutions, 53 weeks",
    source=_WALLET,
    zh="近一年{value:.0%}的支出转往他行",
    en="{value:.0%} of money out went elsewhere in a year",
)
def elsewhere_share_365(view: View) -> float | None:
    """Return the share; missing where no money went out."""
    year = view.last_365
    return min(1.0, year.elsewhere / year.out) if year.out > 0 else None


@feature(
    unit="money",
    meaning="money sent to other institutions in 30 days",
    source=_WALLET,
    log=True,
    zh="近30天转往他行{value:,.0f}",
    en="{value:,.0f} sent elsewhere in 30 days",
)
def elsewhere_30(view: View) -> float | None:
    """Return the sum; missing where nothing went elsewhere in a year."""
    return view.business.major(view.last_30.elsewhere) if view.last_365.elsewhere else None


@feature(
    unit="share",
    meaning="what went elsewhere in 30 days against what is left and what went",
    source=_WALLET,
    zh="近30天转走资产的{value:.0%}",
    en="{value:.0%} of the holdings sent elsewhere in 30 days",
)
def elsewhere_of_balance(view: View) -> float | None:
    """Return the share; missing without accounts or any money."""
    closings, gone = view.closings, view.last_30.elsewhere
    total = gone + max(0, closings[-1]) if closings else 0
    return gone / total if total > 0 else None


@feature(
    unit="money",
    meaning="sent to accounts of the customer's own elsewhere in two weeks",
    source=_WALLET,
    log=True,
    zh="两周内转往本人他行账户{value:,.0f}",
    en="{value:,.0f} sent to their own accounts elsewhere in two weeks",
)
def own_name_elsewhere(view: View) -> float | None:
    """Return the sum; missing where nothing went elsewhere in a year."""
    if not view.last_365.elsewhere:
        return None
    flows = view.state.outflows
    return view.business.major(sum([f.amount for f in flows if f.own_name and view.age(f.time) <= _FRESH_DAYS]))


FEATURES: tuple[Feature, ...] = (
    elsewhere_share_30,
    elsewhere_share_365,
    elsewhere_30,
    elsewhere_of_balance,
    own_name_elsewhere,
)
