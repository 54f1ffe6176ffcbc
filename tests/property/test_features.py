"""Laws of the features: pure, whole, bounded; what is skipped would have said just that."""

from __future__ import annotations

from math import isfinite

from hypothesis import given
from hypothesis import strategies as st
from support.effort import examples
from support.units import DAY, SHANGHAI, T0, balance, complaint, folded, movement, profile, service

from models.features.sets import FAMILIES, NAMES, pack, unpack, vector
from models.features.view import View
from stream.domain.events import Contact, Counterparty, Forwarding, Product
from stream.domain.state import decode, encode

# Hours from 500 days before to the moment looked from, so that every window begins and ends within a life.
TIMES = st.integers(-12_000, 0).map(lambda hours: T0 + hours * 3_600_000)
AMOUNTS = st.integers(0, 10**17)
MOVEMENTS = st.builds(
    movement,
    TIMES,
    AMOUNTS,
    st.sampled_from(["in", "out"]),
    category=st.sampled_from([None, "purchase", "return", "payroll", "interest", "points_earned"]),
    quantity=st.none() | st.integers(1, 10**9),
    unit=st.sampled_from([None, "min", "MB", "item", "point"]),
    counterparty=st.sampled_from([None, Counterparty("rival", True), Counterparty("own")]),
    balance_after=st.none() | st.integers(-(10**9), 10**17),
)
SERVICES = st.sampled_from(
    [
        "port_out_requested",
        "port_out_cancelled",
        "suspended",
        "restored",
        "service_incident",
        "standing_order_cancelled",
    ]
)
EVENTS = st.one_of(
    MOVEMENTS,
    MOVEMENTS,
    st.builds(balance, TIMES, st.integers(-(10**17), 10**17), st.sampled_from("abc"), limit=st.none() | AMOUNTS),
    st.builds(complaint, TIMES, st.sampled_from("kl"), st.sampled_from(["opened", "answered", "closed"])),
    st.builds(service, TIMES, SERVICES, cause=st.sampled_from([None, "dropped_call"])),
    st.builds(service, TIMES, st.just("product_opened"), product=st.builds(Product, st.sampled_from("pq"))),
    st.builds(
        service,
        TIMES,
        st.just("call_forwarding"),
        forwarding=st.builds(Forwarding, st.sampled_from(["inactive", "unconditional"]), st.sampled_from([None, "r"])),
    ),
    st.builds(
        Contact,
        event_id=st.just("e"),
        customer_id=st.just("c"),
        time=TIMES,
        staff_id=st.just("s"),
        how=st.just("call"),
        result=st.sampled_from(["reached", "not_reached"]),
    ),
    st.builds(profile, TIMES, tier=st.sampled_from([None, "gold"]), debt_ratio=st.none() | st.floats(-1e9, 1e9)),
)
LIVES = st.lists(EVENTS, max_size=80)
MOMENTS = st.integers(0, 600).map(lambda days: T0 + days * DAY)


@examples(120)
@given(LIVES, MOMENTS)
def test_a_vector_is_whole_finite_the_same_each_time_and_as_stored_and_leaves_the_state_alone(events, time):
    state = folded(*events)
    before = encode(state)
    found = vector(state, time, SHANGHAI)
    assert encode(state) == before
    assert len(found) == len(NAMES)
    assert all(value is None or isfinite(value) for value in found)
    assert vector(decode(before), time, SHANGHAI) == found
    assert unpack(pack(found)) == found


@examples(120)
@given(LIVES, MOMENTS)
def test_a_family_that_is_not_asked_would_have_said_what_stands_for_it(events, time):
    view = View(folded(*events), time, SHANGHAI)
    for family in FAMILIES:
        if family.known is not None and not family.known(view):
            assert tuple(item.ask(view) for item in family.features) == family.absent


@examples(60)
@given(st.lists(MOVEMENTS, max_size=40).flatmap(lambda e: st.tuples(st.just(e), st.permutations(e))), MOMENTS)
def test_movements_of_the_last_quarter_give_the_same_vector_in_any_order(both, time):
    events, shuffled = (
        [event for event in order if event.balance_after is None and event.time > T0 - 80 * DAY] for order in both
    )
    kept = {event.event_id: event for event in events}.values()  # one of each moment, or the ids would clash
    again = [event for event in shuffled if any(event is one for one in kept)]
    one, other = (vector(folded(*order), time, SHANGHAI) for order in (kept, again))
    named = dict(zip(NAMES, zip(one, other, strict=True), strict=True))
    del named["own_name_elsewhere"]  # of the outflows kept, which are the newest as they came
    assert [name for name, (a, b) in named.items() if a != b] == []
