"""The due index: the store's near part in memory, read on as time passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.effort import examples

from stream.engine.store import timers
from stream.engine.store.rocks import Store
from stream.engine.store.timers import DueIndex

MORE = 10**9


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "store")
    yield made
    made.close()


@pytest.fixture(autouse=True)
def small_window(monkeypatch):
    monkeypatch.setattr(timers, "WINDOW", 4)


def fill(store, *entries):
    store.write([], [(customer, 0, due) for due, customer in entries], 0, 0)


def drain(index, until=MORE):
    found = []
    while entries := index.pop(until):
        found += entries
    return found


def distinct(index):
    """An entry may come again: whoever pops it finds that it is stale by then."""
    return list(dict.fromkeys(drain(index)))


def names(count, start=0):
    return [(10 * n, b"c%03d" % n) for n in range(start + 1, start + count + 1)]


def test_entries_of_the_store_come_in_order_of_time_and_then_customer(store):
    fill(store, (20, b"b"), (10, b"z"), (20, b"a"))
    assert drain(DueIndex(store)) == [(10, b"z"), (20, b"a"), (20, b"b")]


def test_only_what_is_due_comes(store):
    fill(store, (10, b"a"), (20, b"b"))
    index = DueIndex(store)
    assert drain(index, 9) == []
    assert drain(index, 10) == [(10, b"a")]
    assert drain(index, 20) == [(20, b"b")]
    assert index.pop(MORE) == []


def test_it_reads_on_beyond_its_window(store):
    fill(store, *names(23))
    assert drain(DueIndex(store)) == names(23)


def test_it_holds_no_more_of_the_store_than_its_window(store):
    fill(store, *names(23))
    index = DueIndex(store)
    assert len(index._heap) == 4
    drain(index, 50)
    assert len(index._heap) < 8


def test_many_customers_of_one_moment_straddle_the_window(store):
    entries = [(10, b"c%d" % n) for n in range(9)]
    fill(store, *entries)
    assert drain(DueIndex(store)) == entries


def test_entries_of_one_moment_come_together_and_no_others_with_them(store):
    fill(store, (10, b"b"), (10, b"a"), (10, b"c"), (11, b"a"))
    index = DueIndex(store)
    assert index.pop(MORE, 2) == [(10, b"a"), (10, b"b")]
    assert index.pop(MORE, 2) == [(10, b"c")]
    assert index.pop(10, 2) == []
    assert index.pop(11, 2) == [(11, b"a")]


def test_a_timer_set_in_this_batch_comes_before_it_is_stored(store):
    index = DueIndex(store)
    index.set(b"a", 10)
    assert drain(index) == [(10, b"a")]


def test_a_timer_set_beyond_the_window_comes_in_its_turn(store):
    fill(store, *names(10))
    index = DueIndex(store)
    index.set(b"x", 75)
    assert distinct(index) == [*names(7), (75, b"x"), *names(3, start=7)]


def test_a_timer_set_beyond_the_window_is_found_in_the_store_once_it_is_there(store):
    fill(store, *names(10))
    index = DueIndex(store)
    index.set(b"x", 75)
    store.write([], [(b"x", 0, 75)], 0, 0)
    index.stored()
    assert (75, b"x") in drain(index)


def test_an_entry_that_this_batch_changed_is_not_read_from_the_store(store):
    fill(store, *names(10))
    index = DueIndex(store)
    index.set(b"c009", 0)  # cleared, but the store does not know yet
    assert (90, b"c009") not in drain(index)


def test_a_timer_moved_within_the_window_leaves_a_stale_entry_which_the_caller_recognises(store):
    fill(store, (10, b"a"))
    index = DueIndex(store)
    index.set(b"a", 30)
    assert drain(index) == [(10, b"a"), (30, b"a")]


def test_a_timer_in_the_past_is_due_at_once(store):
    fill(store, *names(10))
    index = DueIndex(store)
    drain(index, 60)
    index.set(b"x", 5)
    assert drain(index, 60) == [(5, b"x")]


def overgrown(store):
    """Return an index that was told of more than it keeps, and what it was told, now in the store."""
    index, entries = DueIndex(store), names(40)
    for due, customer in entries:
        index.set(customer, due)
    fill(store, *entries)
    index.stored()
    return index, entries


def test_an_overgrown_index_is_trimmed_and_leaves_the_rest_to_the_store(store):
    index, entries = overgrown(store)
    assert len(index._heap) == 4
    assert drain(index) == entries


def test_what_is_set_after_a_trim_comes_in_order(store):
    index, entries = overgrown(store)
    index.set(b"near", 15)
    index.set(b"far", 255)
    assert distinct(index) == sorted([*entries, (15, b"near"), (255, b"far")])


@examples(40)
@given(
    st.lists(
        st.tuples(st.sampled_from([b"a", b"b", b"c", b"d", b"e", b"f", b"g"]), st.integers(0, 30), st.booleans()),
        max_size=40,
    )
)
def test_every_timer_fires_at_its_time_whatever_is_set_stored_and_read_on(tmp_path_factory, changes):
    """Held against a plain dictionary: a timer may come up stale, and never late or not at all."""
    store = Store(tmp_path_factory.mktemp("due") / "store")
    try:
        index, wanted, stored, clock = DueIndex(store), {}, {}, 0
        for customer, due, commit in changes:
            wanted[customer] = due + clock if due else 0
            index.set(customer, wanted[customer])
            if commit:
                moved = [(c, stored.get(c, 0), d) for c, d in wanted.items() if stored.get(c, 0) != d]
                store.write([], moved, 0, 0)
                stored = dict(wanted)
                index.stored()
                clock += 3
                for entry in drain(index, clock):
                    if wanted.get(entry[1]) == entry[0]:
                        wanted[entry[1]] = 0
                        index.set(entry[1], 0)
                assert not [c for c, d in wanted.items() if 0 < d <= clock]
        fired = {(due, customer) for due, customer in drain(index)}
        assert {(due, customer) for customer, due in wanted.items() if due} <= fired
    finally:
        store.close()
