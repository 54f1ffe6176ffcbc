"""One event into one state."""

from __future__ import annotations

import datetime as dt

import pytest
from msgspec import UNSET
from support.units import DAY, DAY0, HOUR, SHANGHAI, T0, balance, complaint, folded, movement, profile, service

from stream.domain import holdings
from stream.domain.events import Contact, Counterparty, Feedback, Forwarding, Product
from stream.domain.fold import DEFAULT_ACCOUNT, MOST_COMPLAINTS, MOST_OUTFLOWS, MOST_PRODUCTS, OUTFLOW_DAYS, gravest
from stream.domain.state import DAYS, State, encode

RIVAL = Counterparty("rival")


def contact(time, result):
    return Contact(event_id=f"x{time}", customer_id="c", time=time, staff_id="s", how="call", result=result)


def forwarding(time, state="unconditional", network="rival", number="+861234"):
    return service(time, "call_forwarding", forwarding=Forwarding(state, network, number))


def product(time, what="product_opened", name="p", **more):
    return service(time, what, product=Product(name, **more))


def test_first_and_newest_times_are_kept_whatever_the_order():
    state = folded(balance(T0 + 5, 1), balance(T0 + 9, 1), balance(T0, 1))
    assert (state.first_seen, state.newest) == (T0, T0 + 9)


def test_a_balance_after_a_movement_is_a_balance():
    state = folded(movement(T0, 5, balance_after=70, account_id="a"), movement(T0 + 1, 5, balance_after=9))
    assert state.accounts["a"].balance == 70
    assert state.accounts[DEFAULT_ACCOUNT].balance == 9


def test_a_movement_without_a_balance_opens_no_account():
    assert folded(movement(T0, 5, account_id="a")).accounts == {}


def test_a_limit_is_kept_until_another_is_given():
    state = folded(balance(T0, 1, limit=500), balance(T0 + 1, 2))
    assert state.accounts["a"].limit == 500


@pytest.mark.parametrize(
    ("direction", "counterparty", "kept"),
    [
        ("out", RIVAL, 1),
        ("in", RIVAL, 0),
        ("out", Counterparty("own"), 0),
        ("out", Counterparty(), 0),
        ("out", None, 0),
    ],
)
def test_only_money_out_to_elsewhere_is_an_outflow(direction, counterparty, kept):
    state = folded(movement(T0, 5, direction, counterparty=counterparty))
    assert len(state.outflows) == kept


def test_outflows_are_kept_for_two_weeks():
    later = T0 + OUTFLOW_DAYS * DAY
    state = folded(movement(T0, 5, counterparty=RIVAL), movement(later, 6, counterparty=RIVAL))
    assert [flow.amount for flow in state.outflows] == [5, 6]
    folded(movement(later + 1, 7, counterparty=RIVAL), state=state)
    assert [flow.amount for flow in state.outflows] == [6, 7]
    folded(movement(T0, 8, event_id="late", counterparty=RIVAL), state=state)
    assert [flow.amount for flow in state.outflows] == [6, 7]


def test_of_too_many_outflows_the_smallest_goes():
    amounts = [*range(10, 10 + MOST_OUTFLOWS), 500, 1]
    state = folded(*(movement(T0 + n, a, counterparty=RIVAL) for n, a in enumerate(amounts)))
    assert sorted(flow.amount for flow in state.outflows) == [*range(11, 10 + MOST_OUTFLOWS), 500]


def test_a_complaint_goes_its_way():
    state = folded(
        complaint(T0, "k", severity="medium"),
        complaint(T0 + 1, "k", "updated", severity="high"),
        complaint(T0 + 2, "k", "answered", severity="low"),
    )
    case = state.complaints["k"]
    assert (case.opened_at, case.updated_at, case.status, case.severity, case.satisfied) == (
        T0, T0 + 2, "answered", "high", False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "satisfied", "settled"),
    [("closed", True, True), ("closed", False, False), ("closed", None, False), ("answered", True, False)],
)
def test_only_closed_and_satisfied_is_settled_also_as_the_first_news(status, satisfied, settled):
    assert folded(complaint(T0, "k", status, satisfied=satisfied)).complaints["k"].satisfied == settled
    later = folded(complaint(T0, "k"), complaint(T0 + 1, "k", status, satisfied=satisfied))
    assert later.complaints["k"].satisfied == settled


def test_reopening_unsettles_it():
    state = folded(complaint(T0, "k", "closed", satisfied=True), complaint(T0 + 1, "k", "reopened"))
    assert (state.complaints["k"].satisfied, state.complaints["k"].status) == (False, "reopened")


def test_late_news_of_a_complaint_changes_its_opening_and_grade_only():
    state = folded(complaint(T0 + 9, "k", "closed", satisfied=True), complaint(T0, "k", severity="critical"))
    case = state.complaints["k"]
    assert (case.opened_at, case.status, case.satisfied, case.severity) == (T0, "closed", True, "critical")


def test_closed_complaints_out_of_the_window_make_room():
    state = folded(complaint(T0, "old", "closed"), complaint(T0, "open"))
    folded(complaint(T0 + (DAYS + 1) * DAY, "new"), state=state)
    assert set(state.complaints) == {"open", "new"}


def test_of_too_many_complaints_a_closed_one_goes_before_an_open_one():
    state = folded(*(complaint(T0 + n, f"k{n}", "closed" if n == 5 else "opened") for n in range(MOST_COMPLAINTS)))
    folded(complaint(T0 + 99, "x"), state=state)
    assert "k5" not in state.complaints
    folded(complaint(T0 + 100, "y"), state=state)
    assert "k0" not in state.complaints
    assert len(state.complaints) == MOST_COMPLAINTS


@pytest.mark.parametrize(
    ("one", "other", "result"),
    [
        ("low", "high", "high"),
        ("critical", None, "critical"),
        (None, "low", "low"),
        (None, None, None),
        ("high", "high", "high"),
    ],
)
def test_the_graver_of_two(one, other, result):
    assert gravest(one, other) == result


def test_forwarding_keeps_two_digits_and_the_network():
    now = folded(forwarding(T0)).forwarding
    assert (now.state, now.network, now.digits, now.time) == ("unconditional", "rival", "34", T0)
    assert folded(forwarding(T0, number=None)).forwarding.digits == ""


def test_the_latest_forwarding_is_in_force():
    state = folded(forwarding(T0), forwarding(T0 + 2, "inactive"), forwarding(T0 + 1))
    assert state.forwarding.state == "inactive"


def test_a_product_opens_and_ends():
    state = folded(product(T0, kind="deposit", amount=5, matures_on=dt.date(2025, 2, 1)))
    assert state.products["p"].opened_on == DAY0
    folded(product(T0 + DAY, "product_matured"), state=state)
    assert state.products["p"].ended_on == DAY0 + 1
    folded(product(T0 + 2 * DAY, "product_redeemed"), state=state)
    assert state.products["p"].ended_on == DAY0 + 1


@pytest.mark.parametrize("what", ["product_matured", "product_redeemed", "product_closed", "mortgage_settled"])
def test_each_kind_of_end_ends_it_and_an_unknown_product_ends_without_ever_counting(what):
    state = folded(product(T0), product(T0 + 1, what), product(T0 + 1, what, "other", kind="deposit", amount=700))
    assert state.products["p"].ended_on == DAY0
    assert (state.products["other"].ended_on, state.products["other"].amount) == (DAY0, 700)
    assert all(holdings.current(state, DAY0 + n) == 0 for n in range(-3, 9))


def test_later_news_of_a_product_fills_in_and_revives():
    state = folded(product(T0, kind="deposit", amount=5), product(T0 + 1, "product_closed"))
    folded(product(T0 + 2, amount=9), state=state)
    held = state.products["p"]
    assert (held.kind, held.amount, held.ended_on) == ("deposit", 9, 0)
    folded(product(T0 + 3, "renewal_due", matures_on=dt.date(2026, 1, 1)), state=state)
    assert (held.amount, held.matures_on) == (9, dt.date(2026, 1, 1))


def test_late_news_of_a_product_changes_nothing():
    state = folded(product(T0 + 5, amount=9), product(T0, amount=1), product(T0 + 1, "product_closed"))
    assert (state.products["p"].amount, state.products["p"].ended_on) == (9, 0)


def test_ended_products_go_after_the_window():
    state = folded(product(T0), product(T0, "product_closed"), product(T0, name="q"))
    folded(service(T0 + (DAYS - 1) * DAY, "restored"), state=state)
    assert set(state.products) == {"p", "q"}
    folded(service(T0 + DAYS * DAY, "restored"), state=state)
    assert set(state.products) == {"q"}


def test_of_too_many_products_the_longest_silent_goes():
    state = folded(*(product(T0 + n, name=f"p{n}") for n in range(MOST_PRODUCTS + 1)))
    assert len(state.products) == MOST_PRODUCTS
    assert "p0" not in state.products


def test_the_last_contact_and_the_last_that_reached_the_customer():
    state = folded(contact(T0, "reached"), contact(T0 + 9, "not_reached"), contact(T0 + 5, "replied"))
    assert (state.contact.time, state.contact.result, state.contact.reached_at) == (T0 + 9, "not_reached", T0 + 5)
    assert folded(contact(T0, "declined")).contact.reached_at == 0


def test_a_profile_replaces_the_one_before_and_drops_name_and_phone():
    state = folded(
        profile(T0, tier="gold", rm_id="r", name="Li Wei", phone="13800000000"), profile(T0 + 1, class_="key")
    )
    assert (state.profile.tier, state.profile.rm_id, state.profile.class_) == (None, None, "key")
    stored = encode(folded(profile(T0, name="Li Wei", phone="13800000000")))
    assert b"Li Wei" not in stored
    assert b"138" not in stored


def test_a_profiles_products_are_the_products_and_its_silence_says_nothing():
    state = folded(profile(T0, products=[Product("p", amount=5), Product("q")]))
    folded(profile(T0 + HOUR, products=UNSET), state=state)
    assert [held.ended_on for held in state.products.values()] == [0, 0]
    folded(profile(T0 + DAY, products=[Product("q")]), state=state)
    assert (state.products["p"].ended_on, state.products["q"].ended_on) == (DAY0 + 1, 0)
    folded(profile(T0 + 2 * DAY, products=[]), state=state)
    assert (state.products["p"].ended_on, state.products["q"].ended_on) == (DAY0 + 1, DAY0 + 2)


def test_feedback_leaves_the_picture_as_it_is():
    feedback = Feedback(event_id="f", customer_id="c", time=T0, action_id="a", episode_id="e", actor="rm", action="ack")
    assert folded(feedback) == State(first_seen=T0, newest=T0)


def test_other_service_events_leave_products_and_forwarding_alone():
    state = folded(service(T0, "suspended"), service(T0, "tier_changed"))
    assert (state.products, state.forwarding) == ({}, None)
    assert SHANGHAI.day(state.newest) == DAY0


def test_a_maturity_is_known_since_its_first_news_and_a_renewal_is_a_fresh_term():
    def product(matures_on):
        return Product("p", "deposit", 100, matures_on)

    may, june = dt.date(2025, 5, 1), dt.date(2025, 6, 1)
    opened = folded(service(T0, "product_opened", product=product(may)))
    assert (opened.products["p"].dated_on, opened.products["p"].fresh_term) == (DAY0, True)
    folded(profile(T0 + DAY, products=[product(may)]), state=opened)
    assert opened.products["p"].dated_on == DAY0
    listed = folded(profile(T0, products=[product(may)]))
    assert (listed.products["p"].dated_on, listed.products["p"].fresh_term) == (DAY0, False)
    folded(profile(T0 + DAY, products=[product(june)]), state=listed)
    assert (listed.products["p"].dated_on, listed.products["p"].fresh_term) == (DAY0 + 1, True)
