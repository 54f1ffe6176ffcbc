"""The merge by event time, with its bounded wait for a topic that lags."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.codec import Rejected
from stream.engine.log.memory import MemoryRecord
from stream.engine.log.merge import INSTANTLY, UNREAD, Item, Merge

TOPICS = ("a", "b", "c")
FOREVER = float("inf")


def item(topic, time, offset=0, *, timestamp=None, arrived=0.0):
    record = MemoryRecord(offset, time if timestamp is None else timestamp, b"", b"%d" % time)
    return read(topic, record, arrived)


def unreadable(topic, offset=0):
    return read(topic, MemoryRecord(offset, 50, b"", None), 0.0)


def read(topic, record, arrived):
    if record.value is None:
        return Item(INSTANTLY, topic, record, Rejected("x", "$", "y"), arrived)
    return Item(int(record.value), topic, record, None, arrived)


def put(made, *items):
    for one in items:
        made.extend(one.topic, [one.record], one.arrived)


def merge(*items, wait_ms=100, wait_max_ms=5000, capacity=3):
    made = Merge(TOPICS, read, wait_ms=wait_ms, wait_max_ms=wait_max_ms, capacity=capacity)
    put(made, *items)
    return made


def take(made, *, limit=100, settled=FOREVER, now=0.0):
    horizon = settled if callable(settled) else lambda topic: settled
    return [(one.topic, one.time, one.record.offset) for one in made.take(limit, horizon, now)]


def test_records_leave_by_event_time():
    made = merge(item("a", 30), item("b", 10), item("c", 20))
    assert take(made) == [("b", 10, 0), ("c", 20, 0), ("a", 30, 0)]
    assert len(made) == 0


def test_ties_break_by_topic_order_and_then_by_offset():
    made = merge(item("c", 10, 7), item("b", 10, 8), item("a", 10, 9), item("a", 10, 10))
    assert take(made) == [("a", 10, 9), ("a", 10, 10), ("b", 10, 8), ("c", 10, 7)]


def test_a_topics_own_order_is_kept_even_where_its_times_are_not_in_order():
    made = merge(item("a", 30, 0), item("a", 10, 1), item("b", 20, 0))
    assert take(made) == [("b", 20, 0), ("a", 30, 0), ("a", 10, 1)]


def test_what_lies_beyond_a_slice_stays_and_the_order_is_as_without_slices():
    parts = [
        item("a", 30, 0),
        item("a", 10, 1),
        item("b", 20, 0),
        item("b", 40, 1),
        item("c", 35, 0),
        unreadable("c", 1),
    ]
    whole, sliced = merge(*parts), merge(*parts)
    assert sliced.next_time() == 20
    found = []
    for until in (9, 19, 29, 39, FOREVER):
        found += [(one.topic, one.time, one.record.offset) for one in sliced.take(100, lambda t: FOREVER, 0.0, until)]
    assert found == take(whole)
    assert sliced.next_time() == FOREVER


def test_a_slice_ends_at_the_first_that_lies_beyond_it():
    made = merge(item("a", 30, 0), item("a", 10, 1), item("b", 20, 0))
    assert [one.time for one in made.take(100, lambda t: FOREVER, 0.0, 25)] == [20]


def test_no_more_than_the_limit_leave():
    made = merge(item("a", 1), item("a", 2), item("b", 3))
    assert len(take(made, limit=2)) == 2
    assert len(made) == 1


def test_a_topic_without_records_is_waited_for():
    made = merge(item("a", 10), item("b", 20))
    assert take(made, settled=UNREAD) == []
    put(made, item("c", 15))
    # c's only record goes, then c is empty again and b may have to wait for it
    assert take(made, settled=UNREAD) == [("a", 10, 0)]


def test_a_topic_that_becomes_empty_is_waited_for_from_then_on():
    made = merge(item("a", 10), item("b", 20), item("c", 30))
    assert take(made, settled=lambda topic: UNREAD if topic == "a" else FOREVER) == [("a", 10, 0)]


def test_a_topic_known_to_be_empty_long_enough_after_the_record_reached_the_broker_is_not_waited_for():
    made = merge(item("a", 10, timestamp=1000))
    assert take(made, settled=1099) == []
    assert take(made, settled=1100) == [("a", 10, 0)]


def test_the_slowest_of_the_empty_topics_decides():
    made = merge(item("a", 10, timestamp=1000))
    assert take(made, settled={"a": FOREVER, "b": 5000, "c": 1099}.get) == []
    assert take(made, settled={"a": FOREVER, "b": 5000, "c": 1100}.get) == [("a", 10, 0)]


def test_after_the_longest_wait_the_others_go_on_without_a_topic_not_heard_of():
    made = merge(item("a", 10, arrived=1000.0))
    assert take(made, settled=0, now=5999) == []
    assert take(made, settled=0, now=6000) == [("a", 10, 0)]


def test_records_known_to_be_there_are_waited_for_however_long_it_takes():
    made = merge(item("a", 10, arrived=1000.0))
    assert take(made, settled=lambda topic: UNREAD if topic == "c" else 0, now=10**9) == []
    put(made, item("c", 5))
    assert take(made, settled=0, now=10**9) == [("c", 5, 0), ("a", 10, 0)]


def test_a_record_that_could_not_be_read_waits_for_nobody_and_holds_up_nobody():
    made = merge(unreadable("a", 3), item("b", 20))
    assert take(made, settled=UNREAD) == [("a", INSTANTLY, 3)]
    assert take(made) == [("b", 20, 0)]


def test_it_leaves_behind_those_of_its_own_topic():
    made = merge(item("a", 40, 0), unreadable("a", 1), item("b", 50))
    assert take(made) == [("a", 40, 0), ("a", INSTANTLY, 1), ("b", 50, 0)]


@pytest.mark.parametrize(("records", "full"), [(2, frozenset()), (3, {"a"}), (4, {"a"})])
def test_a_topic_with_enough_records_is_full(records, full):
    assert merge(*(item("a", n) for n in range(records))).full() == full


def test_only_the_next_record_of_a_topic_has_been_read():
    seen = []

    def noting(topic, record, arrived):
        seen.append((topic, record.offset, arrived))
        return read(topic, record, arrived)

    made = Merge(TOPICS, noting, wait_ms=100, wait_max_ms=5000, capacity=3)
    made.extend("a", [item("a", n, n).record for n in range(3)], 7.0)
    made.extend("a", [item("a", n, n).record for n in range(3, 5)], 8.0)
    made.extend("b", [], 9.0)
    assert seen == [("a", 0, 7.0)]
    assert len(made) == 5
    assert take(made, limit=3) == [("a", n, n) for n in range(3)]
    assert seen[1:] == [("a", 1, 7.0), ("a", 2, 7.0), ("a", 3, 8.0)]
    assert [one.arrived for one in made.take(9, lambda topic: FOREVER, 0.0)] == [8.0, 8.0]
    assert len(seen) == 5


def test_an_empty_merge_gives_nothing():
    assert take(merge()) == []
    assert merge().full() == frozenset()


@given(
    st.dictionaries(st.sampled_from(TOPICS), st.lists(st.integers(0, 50), max_size=12), min_size=1),
    st.lists(st.integers(1, 5), min_size=1, max_size=40),
)
def test_the_order_depends_on_neither_the_limits_nor_on_what_had_arrived_before(times, limits):
    """Whatever has been put when, the order is that of all having been there from the start."""
    queues = {t: [item(t, time, n) for n, time in enumerate(times.get(t, []))] for t in TOPICS}
    whole = merge(*(one for queue in queues.values() for one in queue))
    wanted = take(whole)
    parts, left, got = merge(), {t: list(queue) for t, queue in queues.items()}, []

    def settled(topic):
        return UNREAD if left[topic] else FOREVER

    turn = 0
    while len(got) < len(wanted):
        for topic in TOPICS:
            for _ in range(limits[turn % len(limits)] % 3 + (turn > 100)):
                if left[topic]:
                    put(parts, left[topic].pop(0))
        got += take(parts, limit=limits[turn % len(limits)], settled=settled)
        turn += 1
        if turn > 20:  # whoever chose to put nothing ever gets there all the same
            for topic in TOPICS:
                if left[topic]:
                    put(parts, left[topic].pop(0))
    assert got == wanted
