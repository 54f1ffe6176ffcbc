"""Laws of the state: it round-trips, its sums do not depend on order, and what was seen is known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from support.effort import examples
from support.units import DAY, SHANGHAI, T0, balance, complaint, folded, movement, profile, service

from stream.domain import seen
from stream.domain.events import Counterparty, Forwarding, Product
from stream.domain.fold import MOST_COMPLAINTS, MOST_OUTFLOWS, MOST_PRODUCTS
from stream.domain.holdings import MOST_ACCOUNTS
from stream.domain.state import DAYS, MONTHS, USAGE, WEEKS, decode, encode, money_out

# Between 150 days before and after, to the hour, so that windows slide and events come late.
TIMES = st.integers(-3600, 3600).map(lambda hours: T0 + hours * 3_600_000)
AMOUNTS = st.integers(0, 10**12)
NAMES = st.sampled_from([f"n{n}" for n in range(80)])
MOVEMENTS = st.builds(
    movement,
    TIMES,
    AMOUNTS,
    st.sampled_from(["in", "out"]),
    quantity=st.none() | st.integers(1, 10**6),
    unit=st.sampled_from([None, "min", "MB", "item", "point"]),
    counterparty=st.sampled_from([None, Counterparty("rival"), Counterparty("own")]),
)
EVENTS = st.one_of(
    MOVEMENTS,
    st.builds(balance, TIMES, st.integers(-(10**9), 10**12), NAMES, kind=st.sampled_from([None, "loan", "current"])),
    st.builds(
        complaint,
        TIMES,
        NAMES,
        st.sampled_from(["opened", "updated", "answered", "closed", "reopened"]),
        severity=st.sampled_from([None, "low", "high"]),
        satisfied=st.sampled_from([None, True, False]),
    ),
    st.builds(
        service,
        TIMES,
        st.sampled_from(["product_opened", "product_matured", "product_closed", "renewal_due"]),
        product=st.builds(Product, NAMES, amount=st.none() | AMOUNTS),
    ),
    st.builds(
        service,
        TIMES,
        st.just("call_forwarding"),
        forwarding=st.builds(Forwarding, st.sampled_from(["inactive", "unconditional"]), st.sampled_from([None, "r"])),
    ),
    st.builds(
        profile, TIMES, tier=st.sampled_from([None, "gold"]), products=st.lists(st.builds(Product, NAMES), max_size=4)
    ),
)


@examples(60)
@given(st.lists(EVENTS, max_size=120))
def test_a_state_round_trips_and_stays_within_its_bounds_whatever_happens(events):
    state = folded(*events)
    stored = encode(state)
    assert decode(stored) == state
    assert encode(decode(stored)) == stored
    assert len(state.days.items) <= DAYS
    assert len(state.weeks.items) <= WEEKS
    assert len(state.months.items) <= MONTHS
    assert len(state.accounts) <= MOST_ACCOUNTS
    assert len(state.complaints) <= MOST_COMPLAINTS
    assert len(state.products) <= MOST_PRODUCTS
    assert len(state.outflows) <= MOST_OUTFLOWS
    assert all(len(account.closings.items) <= DAYS for account in state.accounts.values())


@examples(60)
@given(st.lists(EVENTS, max_size=60), st.integers(0, 60))
def test_a_state_that_was_stored_in_between_goes_on_as_if_it_had_not_been(events, at):
    through = decode(encode(folded(*events[:at])))
    assert encode(folded(*events[at:], state=through)) == encode(folded(*events))


@given(st.lists(MOVEMENTS, max_size=30).flatmap(lambda events: st.tuples(st.just(events), st.permutations(events))))
def test_the_sums_of_the_buckets_do_not_depend_on_the_order(both):
    events, shuffled = both
    one, other = folded(*events), folded(*shuffled)
    for name in ("days", "weeks", "months"):
        assert dict(getattr(one, name).numbered()) == dict(getattr(other, name).numbered())


@given(st.lists(MOVEMENTS, max_size=30))
def test_the_buckets_hold_what_is_within_their_windows_to_the_last_unit(events):
    state = folded(*events)
    newest = SHANGHAI.day(state.newest)
    counted = [e for e in events if SHANGHAI.day(e.time) > newest - DAYS]
    buckets = [bucket for _, bucket in state.days.numbered()]
    assert sum(b[0] for b in buckets) == len(counted)
    assert sum(b[1] for b in buckets) == sum(e.amount for e in counted if e.direction == "in")
    assert sum(map(money_out, buckets)) == sum(e.amount for e in counted if e.direction == "out")
    assert sum(sum(b[USAGE:]) for b in buckets) == sum(e.quantity or 0 for e in counted)


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 3)), max_size=150), st.integers(0, 70_000))
def test_the_last_ids_are_known_and_none_that_never_was(added, first_day):
    known, day, model = b"", first_day, []
    for number, later in added:
        day += later
        known = seen.add(known, seen.digest("t", str(number)), day)
        model.append((number, day))
    assert len(known) <= seen.MOST * seen.ENTRY
    assert len(known) % seen.ENTRY == 0
    for number, when in model[-seen.MOST :]:
        if when >= day - seen.KEEP_DAYS:
            assert seen.contains(known, seen.digest("t", str(number)))
    for number in set(range(100)) - {n for n, _ in model}:
        assert not seen.contains(known, seen.digest("t", str(number)))
    assert DAY > 0
