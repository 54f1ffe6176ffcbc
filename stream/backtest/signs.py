"""Which warnings a planted sign should lead to, and which a lookalike could deceive. Data, for the simulator's truth.

A sign that is not here matches the rule that bears its name; a lookalike that is not here could deceive any rule.
"""

from __future__ import annotations

from msgspec import Struct

from stream.backtest.report import Group


class Sign(Struct, frozen=True):
    """A warning of one of `kinds` is due within `days` after the sign, or from `before` days before it on."""

    group: Group
    kinds: tuple[str, ...]
    days: float
    before: float = 0.0


class Deceit(Struct, frozen=True):
    """A warning of one of `kinds` within `days` would be false; `expected`: right, but it must resolve."""

    kinds: tuple[str, ...]
    days: float
    expected: bool = False


_USAGE = ("usage_drop", "revenue_decline", "missed_cadence", "below_floor")
_MONEY = ("balance_drop", "competitor_outflow")
_RENEWAL = ("credit_tightened", "product_maturing", "renewal_declined", "renewal_due")

SIGNS: dict[str, Sign] = {
    "account_closing_requested": Sign("hard", ("port_out_request",), 1),
    "port_out_requested": Sign("hard", ("port_out_request",), 1),
    "forwarding_off_net": Sign("hard", ("call_forwarding_off_net",), 1),
    "serious_complaint": Sign("hard", ("serious_complaint", "complaint_unanswered", "complaint_mishandled"), 3),
    "product_matured": Sign("hard", ("product_maturing",), 1, before=31),
    "standing_order_cancelled": Sign("fact", ("port_out_request", *_MONEY), 7),
    "tier_down": Sign("fact", ("tier_downgrade",), 3),
    "renewal_due": Sign("fact", _RENEWAL, 7, before=31),
    "renewal_declined": Sign("fact", _RENEWAL, 3),
    "service_incidents": Sign("fact", ("service_failure",), 7),
    "mortgage_settled": Sign("fact", ("mortgage_settled",), 1),
    "product_closed": Sign("fact", ("product_closed", "single_product"), 14),
    "credit_limit_cut": Sign("fact", ("credit_tightened",), 3),
    "stops_answering": Sign("behavioural", ("contact_unanswered",), 30),
    "slow_decline": Sign("behavioural", (*_USAGE, "health_score"), 110),
    "balance_drain": Sign("behavioural", (*_MONEY, "tier_downgrade"), 21),
    "sudden_outflow": Sign("behavioural", _MONEY, 7),
    "matured_money_leaves": Sign("behavioural", ("matured_outflow", *_MONEY), 7),
    "activity_fall": Sign("behavioural", _USAGE, 21),
    "usage_fall": Sign("behavioural", _USAGE, 21),
    "salary_stops": Sign("behavioural", ("salary_stopped",), 45),
}

LOOKALIKES: dict[str, Deceit] = {
    "same_day_dip": Deceit(_MONEY, 3),
    "own_account_transfer": Deceit(_MONEY, 7),
    "own_product": Deceit((*_MONEY, "matured_outflow"), 7),
    "quarter_end_deposit": Deceit((*_MONEY, "tier_downgrade"), 14),
    "late_salary": Deceit(("salary_stopped", *_MONEY), 31),
    "travel": Deceit(_USAGE, 14),
    "polite_complaint": Deceit(("serious_complaint",), 14),
    "own_network_forwarding": Deceit(("call_forwarding_off_net",), 3),
    "forwarding_cleared": Deceit(("call_forwarding_off_net",), 2, expected=True),
    "closing_cancelled": Deceit(("port_out_request",), 2, expected=True),
    "port_out_cancelled": Deceit(("port_out_request",), 2, expected=True),
}

ANY_DAYS = 14.0
"""For a sign or lookalike that is not here."""


def sign(kind: str) -> Sign:
    """Return what a planted sign should lead to."""
    return SIGNS.get(kind) or Sign("behavioural", (kind,), ANY_DAYS)


def deceit(kind: str, rules: tuple[str, ...]) -> Deceit:
    """Return whom a lookalike could deceive."""
    return LOOKALIKES.get(kind) or Deceit(rules, ANY_DAYS)
