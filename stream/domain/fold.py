"""One event into one customer's state. Updates the state in place: its owner is the step, which can undo it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zlib import crc32

from msgspec import UNSET

from stream.domain import contacts, holdings, windows
from stream.domain.business import DAY_MS, Business
from stream.domain.events import (
    SEVERITIES,
    Balance,
    Change,
    Complaint,
    Contact,
    Customer,
    Feedback,
    Product,
    ServiceEvent,
    Severity,
    Transaction,
)
from stream.domain.state import (
    DAYS,
    ComplaintCase,
    CreditChange,
    ForwardingNow,
    Holding,
    Outflow,
    Profile,
    State,
    TierNow,
)

MOST_COMPLAINTS = 16
MOST_OUTFLOWS = 16
OUTFLOW_DAYS = 14
MOST_PRODUCTS = 64
MOST_PAYROLLS = 14
MOST_RECENT = 16  # times kept of one kind of service event
MOST_KINDS = 32  # kinds of service events kept
DEFAULT_ACCOUNT = "-"
"""The account of a transaction that names none."""


def fold(state: State, event: Any, business: Business) -> int:
    """Take one event of any customer topic into the state and return the business day of the newest there was."""
    time = event.time
    if time > state.newest:
        state.newest = time
    if not state.first_seen or time < state.first_seen:
        state.first_seen = time
    day = business.day(time)
    today = day if time == state.newest else business.day(state.newest)
    _FOLDS[type(event)](state, event, business, day, today)
    return today


def _transaction(state: State, event: Transaction, business: Business, day: int, today: int) -> None:
    elsewhere = goes_elsewhere(event, business)
    windows.add(state, business, event, day, today, elsewhere=elsewhere)
    if elsewhere and event.amount and event.counterparty is not None:
        _outflow(state, event, event.counterparty.institution or "", own_name=event.counterparty.own_name)
    if event.category == "payroll" and event.direction == "in":
        _payroll(state.payrolls, day, event.amount)
    if event.balance_after is not None:
        account = event.account_id or DEFAULT_ACCOUNT
        minute = business.minute_of_day(event.time)
        holdings.observe(state, account, None, event.balance_after, event.time, day, minute, today)
        holdings.refresh_baseline(state, today)


def goes_elsewhere(event: Transaction, business: Business) -> bool:
    """Tell whether a movement takes money to another institution, own name or not."""
    if event.direction != "out" or event.counterparty is None:
        return False
    return business.is_elsewhere(event.counterparty.institution)


def _payroll(payrolls: list[tuple[int, int]], day: int, amount: int) -> None:
    """Keep the last payroll credits by day; two of one day are one."""
    known = dict(payrolls)
    known[day] = known.get(day, 0) + amount
    payrolls[:] = sorted(known.items())[-MOST_PAYROLLS:]


def _outflow(state: State, event: Transaction, institution: str, *, own_name: bool) -> None:
    oldest = state.newest - OUTFLOW_DAYS * DAY_MS
    kept = state.outflows
    if kept and kept[0].time < oldest:
        kept = state.outflows = [flow for flow in kept if flow.time >= oldest]
    if event.time >= oldest:
        kept.append(Outflow(event.time, event.amount, institution, event.event_id, own_name))
    if len(kept) > MOST_OUTFLOWS:  # the small ones tell least
        kept.remove(min(kept, key=lambda flow: (flow.amount, flow.time)))


def _balance(state: State, event: Balance, business: Business, day: int, today: int) -> None:
    minute = business.minute_of_day(event.time)
    holdings.observe(state, event.account_id, event.kind, event.balance, event.time, day, minute, today)
    account = state.accounts[event.account_id]
    if event.limit is not None and event.time >= account.time:
        before, account.limit = account.limit, event.limit
        if account.kind == "credit_used" and before is not None and before != event.limit:
            line = sum(a.limit or 0 for a in state.accounts.values() if a.kind == "credit_used")
            _limit(state, line - event.limit + before, line, event.time)
    holdings.refresh_baseline(state, today)


def _complaint(state: State, event: Complaint, business: Business, day: int, today: int) -> None:
    cases = state.complaints
    case = cases.get(event.complaint_id)
    if case is None:
        _make_room(cases, state.newest)
        satisfied = event.status == "closed" and event.satisfied is True
        case = ComplaintCase(event.time, event.time, event.status, event.severity, satisfied)
        cases[event.complaint_id] = case
        case.waiting_since = event.time if event.status in _WAITS else 0
        case.matter = _matter(event.subject)
        return
    if event.status == "opened":
        case.opened_at = min(case.opened_at, event.time)
    if event.time >= case.updated_at:
        case.updated_at, case.status = event.time, event.status
        case.satisfied = event.status == "closed" and event.satisfied is True
        if event.status in _WAITS:
            case.waiting_since = case.waiting_since or event.time
    if event.status in _ANSWERS and event.time >= case.waiting_since:  # though a later update came before it
        raised_again = case.status in _WAITS and case.updated_at > event.time
        case.waiting_since = case.updated_at if raised_again else 0
    case.severity = gravest(case.severity, event.severity)
    case.matter = case.matter or _matter(event.subject)


_WAITS = frozenset({"opened", "reopened", "disputed"})
_ANSWERS = frozenset({"answered", "rejected", "closed"})


def _matter(subject: str | None) -> int:
    """Return a digest of a complaint's subject, the same for other case and spacing; 0 = none."""
    words = (subject or "").casefold().split()
    return crc32(" ".join(words).encode()) or 1 if words else 0


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


def _service(state: State, event: ServiceEvent, business: Business, day: int, today: int) -> None:
    if event.type == "call_forwarding" and event.forwarding is not None:
        _forwarding(state, event, business)
    elif event.product is not None and event.type in _PRODUCT_ENDS:
        _end_product(state, event.product, day, event.time)
    elif event.product is not None:
        _hold(state, event.product, day, event.time, fresh=event.type == "product_opened")
    if event.type == "tier_changed" and event.change is not None:
        before, now = event.change.from_, event.change.to
        _tier(state, None if before is None else str(before), None if now is None else str(now), event.time)
    elif event.type == "credit_limit_changed" and event.change is not None:
        _credit(state, business, event.change, event.time)
    elif event.type in DEPARTURES:
        state.left_at = max(state.left_at, event.time)
    elif event.type in _ARRIVALS and event.time > state.left_at:
        state.left_at = 0
    _remember(state.recent, event.type if event.cause is None else f"{event.type}/{event.cause[:32]}", event.time)
    _drop_ended(state, today)


DEPARTURES = frozenset({"port_out_completed", "account_closed"})
"""Service events by which a customer has left."""

_ARRIVALS = frozenset({"product_opened", "restored"})


def _remember(recent: dict[str, list[int]], name: str, time: int) -> None:
    times = recent.get(name)
    if times is None:
        if len(recent) >= MOST_KINDS:
            del recent[min(recent, key=lambda known: recent[known][-1])]
        times = recent[name] = []
    times.append(time)
    if len(times) > 1 and time < times[-2]:
        times.sort()
    if len(times) > MOST_RECENT:
        del times[0]


def _tier(state: State, before: str | None, tier: str | None, time: int) -> None:
    now = state.tier
    if now is None:
        state.tier = TierNow(tier, before, time)
    elif time >= now.time and tier != now.tier:
        state.tier = TierNow(tier, now.tier, time)


def _credit(state: State, business: Business, change: Change, time: int) -> None:
    if not isinstance(change.to, int | float):
        return
    if isinstance(change.from_, int | float):
        before = business.base_minor(change.from_)
    else:
        given = state.profile.credit_limit if state.profile else None
        before = state.credit.now if state.credit else given or 0
    _limit(state, before, business.base_minor(change.to), time)


def _limit(state: State, before: int, now: int, time: int) -> None:
    """Take a change of the credit line; the same one told again, by another source, is no other."""
    known = state.credit
    if known is None or (time >= known.time and now != known.now):
        state.credit = CreditChange(before, now, time)


def _forwarding(state: State, event: ServiceEvent, business: Business) -> None:
    now, given = state.forwarding, event.forwarding
    assert given is not None  # the codec refuses the event otherwise
    if now is None or event.time >= now.time:
        network = given.target_network or business.network_of(given.target_number)
        state.forwarding = ForwardingNow(given.state, network, (given.target_number or "")[-2:], event.time)


_PRODUCT_ENDS = frozenset({"product_matured", "product_redeemed", "product_closed", "mortgage_settled"})


def _hold(state: State, product: Product, day: int, time: int, *, fresh: bool = False) -> None:
    """Take news of a product that is held; `fresh`: it has just been opened."""
    known = state.products.get(product.product_id)
    if known is None:
        while len(state.products) >= MOST_PRODUCTS:
            del state.products[min(state.products, key=lambda name: state.products[name].time)]
        known = Holding(product.kind, product.amount, product.matures_on, day, time)
        if product.matures_on is not None:
            known.dated_on, known.fresh_term = day, fresh
        state.products[product.product_id] = known
    elif time >= known.time:
        known.kind = product.kind or known.kind
        known.amount = known.amount if product.amount is None else product.amount
        if product.matures_on is not None and product.matures_on != known.matures_on:
            known.dated_on, known.fresh_term = day, fresh or known.matures_on is not None
            known.matures_on = product.matures_on
        known.time, known.ended_on = time, 0


def _end_product(state: State, product: Product, day: int, time: int) -> None:
    known = state.products.get(product.product_id)
    if known is None:  # its opening was before our time: it ended, and never counted
        _hold(state, product, day + holdings.SETTLEMENT_DAYS + 1, time)
        known = state.products[product.product_id]
    if time >= known.time:
        known.time = time
        known.amount = known.amount if product.amount is None else product.amount
        known.ended_on = known.ended_on or day


def _drop_ended(state: State, today: int) -> None:
    products = state.products
    for name in [n for n, p in products.items() if p.ended_on and p.ended_on <= today - DAYS]:
        del products[name]


def _contact(state: State, event: Contact, business: Business, day: int, today: int) -> None:
    contacts.take(state, event)


def _customer(state: State, event: Customer, business: Business, day: int, today: int) -> None:
    before = state.profile
    state.profile = Profile(**{name: getattr(event, name) for name in Profile.__struct_fields__})
    now = event.credit_limit
    if before is not None and before.credit_limit is not None and now is not None and now != before.credit_limit:
        _limit(state, before.credit_limit, now, event.time)
    if event.tier is not None:
        _tier(state, None, event.tier, event.time)
    if event.products is not UNSET:
        for product in event.products:
            _hold(state, product, day, event.time)
        listed = {product.product_id for product in event.products}
        for product_id in [p for p, held in state.products.items() if p not in listed and not held.ended_on]:
            _end_product(state, Product(product_id), day, event.time)


def _nothing(state: State, event: Feedback, business: Business, day: int, today: int) -> None:
    """Feedback concerns episodes."""


_FOLDS: dict[type, Callable[[State, Any, Business, int, int], None]] = {
    Transaction: _transaction,
    Balance: _balance,
    Complaint: _complaint,
    ServiceEvent: _service,
    Contact: _contact,
    Customer: _customer,
    Feedback: _nothing,
}
