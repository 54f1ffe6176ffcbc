"""The local store: atomic batches with the changelog offset they bring it to."""

from __future__ import annotations

import pytest

from stream.domain.state import State, due_of, encode
from stream.engine.store import meta
from stream.engine.store.rocks import META, STATE, Store


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "deep" / "store")
    yield made
    made.close()


def due(time):
    return encode(State(timers={"x": time}))


def reopened(store, tmp_path):
    store.close()
    store._open()
    return store


def test_a_new_store_is_empty_and_stands_nowhere(store):
    assert (store.offset, store.current_at) == (None, 0)
    assert list(store.states()) == []
    assert store.get(STATE + b"a") is None
    assert store.timers_after(0, b"", 9) == []


def test_a_batch_brings_values_timers_offset_and_clock(store, tmp_path):
    store.write([(STATE + b"a", due(5)), (META + b"x", b"m")], [(b"a", 0, 5)], 7, 99)
    for known in (store, reopened(store, tmp_path)):
        assert (known.offset, known.current_at) == (7, 99)
        assert list(known.states()) == [(b"a", due(5))]
        assert known.get(META + b"x") == b"m"
        assert known.timers_after(0, b"", 9) == [(5, b"a")]


def test_an_offset_of_zero_is_a_place(store):
    store.write([], [], 0, 1)
    assert store.offset == 0


def test_none_deletes_and_a_timer_moves(store):
    store.write([(STATE + b"a", due(5)), (STATE + b"b", due(6))], [(b"a", 0, 5), (b"b", 0, 6)], 1, 1)
    store.write([(STATE + b"a", None)], [(b"a", 5, 0), (b"b", 6, 8)], 2, 2)
    assert [customer for customer, _ in store.states()] == [b"b"]
    assert store.timers_after(0, b"", 9) == [(8, b"b")]


def test_a_timer_that_is_deleted_and_set_again_in_one_batch_is_there(store):
    store.write([], [(b"a", 5, 0), (b"a", 5, 5)], 1, 1)
    assert store.timers_after(0, b"", 9) == [(5, b"a")]


def test_states_come_in_order_of_their_bytes_and_nothing_else_does(store):
    customers = [b"b", b"", b"a", b"\xff", "客".encode()]
    store.write([(STATE + c, due(0)) for c in customers] + [(META + b"z", b"")], [(b"a", 0, 1)], 1, 1)
    assert [customer for customer, _ in store.states()] == sorted(customers)


def test_the_due_index_is_in_order_of_time_and_pages_by_its_last_entry(store):
    entries = [(300, b"a"), (2, b"b"), (2, b"a"), (2, b"aa"), (2**40, b"z"), (1, b"\xff")]
    store.write([], [(customer, 0, time) for time, customer in entries], 1, 1)
    paged, last = [], (0, b"")
    while page := store.timers_after(*last, 2):
        paged += page
        last = page[-1]
    assert paged == sorted(entries)


def test_what_lies_behind_the_due_index_is_not_taken_for_timers(store):
    store.write([(b"u/something", b"x")], [(b"a", 0, 5)], 1, 1)
    assert store.timers_after(0, b"", 9) == [(5, b"a")]


def test_loading_a_chunk_of_the_changelog_takes_the_timers_out_of_the_states(store):
    chunk = [(STATE + b"a", due(5)), (STATE + b"b", encode(State())), (META + b"shard", b"m"), (STATE + b"c", None)]
    assert store.load(chunk, 4, 9) == 2
    assert store.timers_after(0, b"", 9) == [(5, b"a")]
    assert (store.offset, store.current_at, store.get(META + b"shard")) == (4, 9, b"m")


def test_a_later_chunk_replaces_and_forgets(store):
    store.load([(STATE + b"a", due(5)), (STATE + b"b", due(6))], 2, 9)
    store.load([(STATE + b"a", due(8)), (STATE + b"b", None)], 4, 9)
    assert list(store.states()) == [(b"a", due(8))]
    assert due_of(store.get(STATE + b"a")) == 8
    assert (8, b"a") in store.timers_after(0, b"", 9)


def test_a_restored_store_lasts_once_it_is_flushed(store, tmp_path):
    store.load([(STATE + b"a", due(5))], 3, 9)
    store.flush()
    known = reopened(store, tmp_path)
    assert (known.offset, list(known.states())) == (3, [(b"a", due(5))])


def test_a_wiped_store_is_as_new_and_goes_on(store):
    store.write([(STATE + b"a", due(5))], [(b"a", 0, 5)], 7, 99)
    store.wipe()
    assert (store.offset, list(store.states()), store.timers_after(0, b"", 9)) == (None, [], [])
    store.write([(STATE + b"b", due(0))], [], 1, 1)
    assert [customer for customer, _ in store.states()] == [b"b"]


def test_its_size_is_told(store):
    store.write([(STATE + b"%d" % n, due(n)) for n in range(100)], [], 1, 1)
    store.flush()
    keys, size = store.size()
    assert keys >= 100
    assert size > 0


def test_a_second_process_cannot_open_it(store):
    with pytest.raises(Exception, match=r"(?i)lock"):
        Store(store._path)


def test_a_shards_own_record_is_readable_json_and_round_trips():
    known = meta.ShardMeta(5, 3, {"balances": 7}, "g")
    assert (
        known.encode()
        == b'{"stream_time":5,"opens_from":3,"positions":{"balances":7},"group":"g","newest":null,"begins":null}'
    )
    assert meta.decode(known.encode()) == known
    assert meta.decode(None) == meta.ShardMeta()
    assert meta.decode(b"{}") == meta.ShardMeta()
    assert meta.KEY.startswith(META)


def test_a_store_that_followed_another_log_is_forgotten(tmp_path):
    first = Store(tmp_path / "s", "state-changelog/4")
    first.write([(STATE + b"c", b"v")], [], 7, 1)
    first.close()
    same = Store(tmp_path / "s", "state-changelog/4")
    assert (same.offset, same.get(STATE + b"c")) == (7, b"v")
    same.close()
    other = Store(tmp_path / "s", "wide-state-changelog/8")
    assert (other.offset, other.get(STATE + b"c")) == (None, None)
    other.write([], [], 3, 1)
    other.wipe()
    other.write([], [], 5, 1)
    other.close()
    again = Store(tmp_path / "s", "wide-state-changelog/8")
    assert again.offset == 5
    again.close()


def test_a_store_that_does_not_say_which_log_it_followed_is_forgotten_where_that_matters(tmp_path):
    old = Store(tmp_path / "s")
    old.write([(STATE + b"c", b"v")], [], 7, 1)
    old.close()
    plain = Store(tmp_path / "s")
    assert plain.offset == 7
    plain.close()
    named = Store(tmp_path / "s", "state-changelog/4")
    assert named.offset is None
    named.close()
