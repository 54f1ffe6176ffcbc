"""The decoded states in memory: those of the batch, and the most recently used ones besides."""

from __future__ import annotations

import pytest

from stream.domain.state import State, encode
from stream.engine.store import states as module
from stream.engine.store.rocks import STATE, Store
from stream.engine.store.state_memory import StateMemory, memory_of
from stream.engine.store.states import CUSTOMERS, States

STORED = encode(State(newest=3, timers={"x": 4}))
ROOM = 9 * memory_of(len(STORED))


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "s")
    made.write([(STATE + b"%d" % n, encode(State(newest=n, timers={"x": n + 1}))) for n in range(6)], [], 1, 1)
    yield made
    made.close()


def test_a_known_customer_is_read_with_its_due_time_and_an_unknown_one_is_none(store):
    states = States(store, CUSTOMERS, lambda: ROOM)
    held = states.touch(b"3")
    assert (held.state.newest, held.due) == (3, 4)
    unknown = states.touch(b"nobody")
    assert (unknown.state, unknown.due) == (None, 0)


def test_touching_twice_is_the_same_object_also_in_the_next_batch(store):
    states = States(store, CUSTOMERS, lambda: ROOM)
    held = states.touch(b"3")
    assert states.touch(b"3") is held
    states.commit()
    assert states.touch(b"3") is held


def test_what_was_touched_comes_in_order(store):
    states = States(store, CUSTOMERS, lambda: ROOM)
    for customer in (b"3", b"1", b"3", b"2"):
        states.touch(customer)
    assert [customer for customer, _ in states.touched()] == [b"3", b"1", b"2"]
    states.commit()
    assert list(states.touched()) == []


def test_a_settled_state_has_no_steps_and_the_due_time_that_was_noted(store):
    states = States(store, CUSTOMERS, lambda: ROOM)
    held, gone = states.touch(b"3"), states.touch(b"4")
    held.noted = 99
    gone.state, gone.noted = None, 0
    held.done.append((None, None))
    for one in (held, gone):
        one.settle()
    states.commit()
    assert (held.done, held.due, gone.due) == ([], 99, 0)


def test_only_the_most_recently_used_are_kept(store):
    states = States(store, CUSTOMERS, lambda: ROOM // 3)
    first = {customer: states.touch(customer) for customer in (b"0", b"1", b"2")}
    states.commit()
    for customer in (b"0", b"3"):  # 0 is used again, and then there is one too many
        states.touch(customer)
        states.commit()
    assert states.touch(b"2") is first[b"2"]
    assert states.touch(b"0") is first[b"0"]
    assert states.touch(b"1") is not first[b"1"]


def test_a_state_that_has_grown_takes_the_room_of_others(store):
    states = States(store, CUSTOMERS, lambda: ROOM // 3)
    first = {customer: states.touch(customer) for customer in (b"0", b"1")}
    states.commit()
    grown = states.touch(b"2")
    grown.stored += 2 * len(STORED)
    states.commit()
    assert [states.touch(customer) is held for customer, held in first.items()] == [False, False]
    assert states.touch(b"2") is grown
    grown.stored = len(STORED)
    states.commit()
    assert states.touch(b"0") is not first[b"0"]
    assert states.touch(b"2") is grown


def test_room_that_is_taken_away_is_given_up_as_the_batch_ends(store):
    room = [ROOM]
    states = States(store, CUSTOMERS, lambda: room[0])
    held = [states.touch(b"%d" % n) for n in range(6)]
    states.commit()
    room[0] = ROOM // 9
    states.touch(b"0")
    states.commit()
    assert states.touch(b"0") is held[0]
    assert all(states.touch(b"%d" % n) is not held[n] for n in range(1, 6))


def test_without_room_nothing_is_kept_between_batches(store):
    states = States(store, CUSTOMERS)
    held = states.touch(b"3")
    states.commit()
    assert states.touch(b"3") is not held


def test_the_batch_is_never_evicted(store):
    states = States(store, CUSTOMERS)
    held = [states.touch(b"%d" % n) for n in range(6)]
    assert [states.touch(b"%d" % n) for n in range(6)] == held


@pytest.mark.parametrize(("most", "value"), [("MOST_STATES", 3), ("MOST_MEMORY", 3 * memory_of(len(STORED)))])
def test_a_batch_is_full_by_states_or_by_their_memory_and_empty_after_it(store, monkeypatch, most, value):
    monkeypatch.setattr(module, most, value)
    states = States(store, CUSTOMERS, lambda: ROOM)
    for _ in range(2):
        for customer in (b"0", b"1", b"0", b"1"):
            states.touch(customer)
        assert not states.full
        states.touch(b"2")
        assert states.full
        states.commit()


def test_shards_share_the_memory_evenly_while_they_are_open():
    memory = StateMemory(1200)
    assert memory.each == 1200
    for shard in (0, 1, 1, 7):
        memory.join(shard)
    assert memory.each == 400
    memory.leave(7)
    memory.leave(5)
    assert memory.each == 600


def test_reload_takes_the_state_back_to_the_stored_one(store):
    states = States(store, CUSTOMERS, lambda: ROOM)
    held = states.touch(b"3")
    held.state.newest = 77
    assert states.reload(b"3") is held
    assert held.state.newest == 3
    unknown = states.touch(b"nobody")
    unknown.state = State()
    assert states.reload(b"nobody").state is None


def test_a_look_does_not_touch(store):
    states = States(store, CUSTOMERS, lambda: ROOM)
    assert states.peek(b"3").newest == 3
    assert states.peek(b"nobody") is None
    assert list(states.touched()) == []
