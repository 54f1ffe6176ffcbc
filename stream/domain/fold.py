"""One event into one customer's state. Updates the state in place: its owner is the step, which can undo it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import UNSET

from stream.domain import holdings, windows
from stream.domain.business import DAY_MS, Business
from stream.domain.events import (
    SEVERITIES,
    Balance,
    Complaint,
    Contact,
    Customer,
    Feedback,
    GroupWarning,
    Product,
    ServiceEvent,
    Severity,
    Transaction,
)
from stream.domain.state import (
    DAYS,
    ComplaintCase,
    ForwardingNow,
    Holding,
    LastContact,
    Outflow,
    Profile,
    State,
)

MOST_COMPLAINTS = 16
MOST_OUTFLOWS = 16
OUTFLOW_DAYS = 7
MOST_PRODUCTS = 64
DEFAULT_ACCOUNT = "-"
"""The account of a transaction that names none."""


def fold(state: State, event: Any, business: Business) -> None:
    """Take one event of any customer topic into the state."""
    if event.time > state.newest:
        state.newest = event.time
    if not state.first_seen or event.time < state.first_seen:
        state.first_seen = event.time
    _FOLDS[type(event)](state, event, business)


def _transaction(state: State, event: Transaction, business: Business) -> None:
    day = business.day(event.time)
    incoming = event.amount if event.direction == "in" else 0
    windows.add(state, business, day, incoming, event.amount - incoming, event.unit, event.quantity or 0)
    other = event.counterparty
    if event.amount and other is not None and event.direction == "out" and business.is_elsewhere(other.institution):
        _outflow(state, event, other.institution or "")
    if event.balance_after is not None:
        account = event.account_id or DEFAULT_ACCOUNT
        holdings.observe(state, business, account, None, event.balance_after, event.time)
        holdings.refresh_baseline(state, business.day(state.newest))


def _outflow(state: State, event: Transaction, institution: str) -> None:
    oldest = state.newest - OUTFLOW_DAYS * DAY_MS
    kept = state.outflows
    if kept and kept[0].time < oldest:
        kept = state.outflows = [flow for flow in kept if flow.time >= oldest]
    if event.time >= oldest:
        kept.append(Outflow(event.time, event.amount, institution, event.event_id))
    if len(kept) > MOST_OUTFLOWS:  # the small ones tell least
        kept.remove(min(kept, key=lambda flow: (flow.amount, flow.time)))


def _balance(state: State, event: Balance, business: Business) -> None:
    holdings.observe(state, business, event.account_id, event.kind, event.balance, event.time)
    if event.limit is not None:
        state.accounts[event.account_id].limit = event.limit
    holdings.refresh_baseline(state, business.day(state.newest))


def _complaint(state: State, event: Complaint, business: Business) -> None:
    cases = state.complaints
    case = cases.get(event.complaint_id)
    if case is None:
        _make_room(cases, state.newest)
        satisfied = event.status == "closed" and event.satisfied is True
        case = ComplaintCase(event.time, event.time, event.status, event.severity, satisfied)
        cases[event.complaint_id] = case
        return
    if event.status == "opened":
        case.opened_at = min(case.opened_at, event.time)
    if event.time >= case.updated_at:
        case.updated_at, case.status = event.time, event.status
        case.satisfied = event.status == "closed" and event.satisfied is True
    case.severity = gravest(case.severity, event.severity)


def gravest(one: Severity | None, other: Severity | None) -> Severity | None:
    """Return the graver of two severities; `None` is none given."""
    given = [severity for severity in SEVERITIES if severity in (one, other)]
    return given[-1] if given else None


def _make_room(cases: dict[str, ComplaintCase], newest: int) -> None:
    """Closed complaints older than the window go, then the oldest, closed before open."""
    for name in [n for n, c in cases.items() if c.status == "closed" and c.updated_at < newest - DAYS * DAY_MS]:
        del cases[name]
    while len(cases) >= MOST_COMPLAINTS:
        del cases[min(cases, key=lambda name: (cases[name].status != "closed", cases[name].updated_at))]


def _service(state: State, event: ServiceEvent, business: Business) -> None:
    if event.type == "call_forwarding" and event.forwarding is not None:
        _forwarding(state, event, business)
    elif event.product is not None and event.type in _PRODUCT_ENDS:
        _end_product(state, event.product.product_id, business.day(event.time), event.time)
    elif event.product is not None:
        _hold(state, event.product, business.day(event.time), event.time)
    _drop_ended(state, business.day(state.newest))


def _forwarding(state: State, event: ServiceEvent, business: Business) -> None:
    now, given = state.forwarding, event.forwarding
    assert given is not None  # the codec refuses the event otherwise
    if now is None or event.time >= now.time:
        network = given.target_network or business.network_of(given.target_number)
        state.forwarding = ForwardingNow(given.state, network, (given.target_number or "")[-2:], event.time)


_PRODUCT_ENDS = frozenset({"product_matured", "product_redeemed", "product_closed", "mortgage_settled"})


def _hold(state: State, product: Product, day: int, time: int) -> None:
    known = state.products.get(product.product_id)
    if known is None:
        while len(state.products) >= MOST_PRODUCTS:
            del state.products[min(state.products, key=lambda name: state.products[name].time)]
        state.products[product.product_id] = Holding(product.kind, product.amount, product.matures_on, day, time)
    elif time >= known.time:
        known.kind = product.kind or known.kind
        known.amount = known.amount if product.amount is None else product.amount
        known.matures_on = product.matures_on or known.matures_on
        known.time, known.ended_on = time, 0


def _end_product(state: State, product_id: str, day: int, time: int) -> None:
    known = state.products.get(product_id)
    if known is not None and time >= known.time:
        known.time = time
        known.ended_on = known.ended_on or day


def _drop_ended(state: State, today: int) -> None:
    products = state.products
    for name in [n for n, p in products.items() if p.ended_on and p.ended_on <= today - DAYS]:
        del products[name]


def _contact(state: State, event: Contact, business: Business) -> None:
    before = state.contact
    reached = event.time if event.result in ("reached", "replied") else 0
    if before is None:
        state.contact = LastContact(event.time, event.result, reached)
        return
    if event.time >= before.time:
        before.time, before.result = event.time, event.result
    before.reached_at = max(before.reached_at, reached)


def _customer(state: State, event: Customer, business: Business) -> None:
    state.profile = Profile(**{name: getattr(event, name) for name in Profile.__struct_fields__})
    if event.products is not UNSET:
        day = business.day(event.time)
        for product in event.products:
            _hold(state, product, day, event.time)
        listed = {product.product_id for product in event.products}
        for product_id in [p for p, held in state.products.items() if p not in listed and not held.ended_on]:
            _end_product(state, product_id, day, event.time)


def _nothing(state: State, event: Feedback | GroupWarning, business: Business) -> None:
    """Feedback and group warnings concern episodes, which are the policy's."""


_FOLDS: dict[type, Callable[[State, Any, Business], None]] = {
    Transaction: _transaction,
    Balance: _balance,
    Complaint: _complaint,
    ServiceEvent: _service,
    Contact: _contact,
    Customer: _customer,
    Feedback: _nothing,
    GroupWarning: _nothing,
}
