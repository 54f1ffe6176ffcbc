"""The credit line and how it is used: who is tightened turns elsewhere (practice of card issuers)."""

from __future__ import annotations

from math import log2

from models.features.base import Feature, feature
from models.features.view import View
from stream.domain.figures import credit_limit, drawn_share

_CREDIT = "practice: card issuers"


def known(view: View) -> bool:
    """Tell whether any of these features can be other than `ABSENT`."""
    state = view.state
    return bool(state.accounts) or state.profile is not None or state.credit is not None


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


FEATURES: tuple[Feature, ...] = (
    credit_line,
    credit_drawn,
    credit_changed,
)
ABSENT: tuple[float | None, ...] = (None,) * len(FEATURES)
