"""Where records go in a wider layout, and what is noted on the way."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from stream.broker.layout import wanted
from stream.config import load
from stream.domain.storm import StormLimits
from stream.domain.world import World
from stream.engine.log.marks import digest
from stream.engine.log.partition import partition_for
from stream.engine.store import rocks as store
from stream.ops.widen import family
from stream.ops.widen.copying import Landing, pieces
from stream.ops.widen.family import Family, UnknownKey, divided
from stream.ops.widen.layout import WidenRefused, while_copying, wider
from stream.ops.widen.verify import Seen
from stream.topics import BY_NAME, TABLE

keys = st.binary(min_size=1, max_size=40)
families = st.builds(
    lambda before, times, parent: Family(parent % before, before, before * times),
    st.integers(1, 40),
    st.integers(2, 8),
    st.integers(0, 1000),
)
HOUR = 3_600_000


@given(keys, st.integers(1, 40), st.integers(2, 8))
def test_a_key_goes_where_every_producer_puts_it_from_now_on(key: bytes, before: int, times: int) -> None:
    parent = Family(partition_for(key, before), before, before * times)
    assert parent.owns(key)
    assert parent.child(key) == partition_for(key, before * times)


@given(keys | st.none(), families)
def test_no_record_leaves_the_family_and_the_same_key_always_goes_the_same_way(key: bytes | None, of: Family) -> None:
    assert of.child(key) in of.children
    assert of.child(key) == of.child(key)


@given(st.integers(1, 40), st.integers(2, 8))
def test_families_share_the_partitions_among_them(before: int, times: int) -> None:
    everyone = [child for parent in range(before) for child in Family(parent, before, before * times).children]
    assert sorted(everyone) == list(range(before * times))


def test_every_topic_is_copied_in_one_way_or_left() -> None:
    ways = [*family.KEYED, *family.OUTGOING, *family.WHOLE, *family.LEFT, family.STATES]
    assert sorted(ways) == sorted(topic.name for topic in TABLE)
    assert all(not BY_NAME[name].co_partitioned for name in family.WHOLE)
    assert all(BY_NAME[name].co_partitioned for name in (*family.KEYED, *family.OUTGOING, family.STATES))


def test_rows_of_a_customer_or_a_group_go_by_their_owner() -> None:
    for prefix in (store.STATE, store.PENDING, store.GROUP):
        of = Family(partition_for(b"c1", 4), 4, 8)
        assert of.states(prefix + b"c1", b"v") == [(partition_for(b"c1", 8), b"v")]
        assert of.states(prefix + b"c1", None) == [(partition_for(b"c1", 8), None)]
        assert family.owner(prefix + b"c1") == b"c1"


def test_marks_of_the_forgotten_go_to_every_child_for_a_digest_says_not_whose_it_is() -> None:
    row = store.FORGOTTEN + digest(b"c1")
    assert Family(1, 4, 12).states(row, b"t") == [(1, b"t"), (5, b"t"), (9, b"t")]
    assert family.owner(row) is None


def test_the_clock_is_not_copied_and_what_nobody_knows_is_refused() -> None:
    assert Family(0, 1, 2).states(family.CLOCK, b"{}") == []
    with pytest.raises(UnknownKey):
        Family(0, 1, 2).states(b"x/c1", b"v")


def test_each_child_has_its_parents_line_and_its_part_of_the_usual_rate() -> None:
    world = World()
    for value in range(20):
        world.learn_worth(value)
    for number in range(12):
        world.learn_warning("usage_drop", number * HOUR // 12, StormLimits())
    world.learn_warning("usage_drop", 30 * HOUR, StormLimits())
    packed = json.encode(world.dump())
    ((first, one), (second, two)) = Family(0, 1, 2).states(family.meta.WORLD, packed)
    assert (first, second) == (0, 1)
    assert one == two == divided(packed, 2)
    share = World.load(json.decode(one or b""))
    assert share.top_value.dump() == world.top_value.dump()
    was, now = world.storms.rate("usage_drop"), share.storms.rate("usage_drop")
    assert was is not None
    assert now is not None
    assert (now.hour, now.day, now.usual, now.count) == (was.hour, was.day, was.usual / 2, was.count // 2)
    assert Family(0, 1, 2).states(family.meta.WORLD, None) == [(0, None), (1, None)]


@given(st.lists(st.integers(0, 60), max_size=30, unique=True).map(sorted), st.sets(st.integers(0, 70), max_size=4))
def test_pieces_hold_every_record_once_and_end_at_each_mark(offsets: list[int], marks: set[int]) -> None:
    records = [SimpleNamespace(offset=offset) for offset in offsets]
    cut = list(pieces(records, 0, 50, marks))
    assert [one.offset for piece, _ in cut for one in piece] == [offset for offset in offsets if offset < 50]
    assert [reached for _, reached in cut] == sorted({mark for mark in marks if 0 < mark < 50} | {50})
    for piece, reached in cut:
        assert all(one.offset < reached for one in piece)


def test_a_mark_lies_behind_the_last_record_copied_from_before_it_in_each_child() -> None:
    landing = Landing()
    landing.passed({1: 10}, None)
    landing.passed({5: 4, 1: 12}, 30)
    landing.passed({5: 9}, 40)
    landing.passed({}, 41)
    kept = Landing.read(SimpleNamespace(metadata=landing.said()))
    for each in (landing, kept):
        assert [each.place(30, child) for child in (1, 5, 9)] == [12, 4, 0]
        assert [each.place(mark, 5) for mark in (40, 41, 7)] == [9, 9, 0]
    assert Landing.read(None).place(30, 1) == 0


def test_more_than_a_broker_takes_is_refused() -> None:
    landing = Landing()
    for mark in range(40):
        landing.passed(dict.fromkeys(range(40), 10**9), mark)
    with pytest.raises(WidenRefused, match="smaller factor"):
        landing.said()


def record(value: bytes | None, timestamp: int = 1) -> SimpleNamespace:
    return SimpleNamespace(timestamp=timestamp, headers=(), value=value)


def test_what_is_compared_differs_by_order_content_time_and_headers() -> None:
    def seen(*values: tuple[bytes, bytes | None], compacts: bool = False, skip: int = 0, timestamp: int = 1) -> Seen:
        made = Seen(compacts, skip)
        for key, value in values:
            made.take(key, value, record(value, timestamp))
        return made

    a, b = (b"k", b"1"), (b"k", b"2")
    assert seen(a, b).digest == seen(a, b).digest
    assert seen(a, b).digest != seen(b, a).digest
    assert seen(a).digest != seen(a, timestamp=2).digest
    assert seen(a, b, skip=1).digest == seen(b).digest
    assert seen((b"ka", b"1")).digest != seen((b"k", b"a1")).digest
    assert seen(a, b, compacts=True).digest == seen(b, compacts=True).digest
    assert seen(a, (b"k", None), compacts=True).digest == seen(compacts=True).digest
    assert seen(a, compacts=True).digest != seen(b, compacts=True).digest


@pytest.mark.parametrize(("to", "prefix", "why"), [(8, "", "in use"), (8, "w-", "multiple"), (12, "w-", "multiple")])
def test_a_layout_that_cannot_be_made_is_refused(to: int, prefix: str, why: str) -> None:
    with pytest.raises(WidenRefused, match=why):
        wider(load(env={}), to if why == "multiple" else 2 * load(env={}).topics.partitions, prefix)


def test_a_prefix_that_no_topic_may_have_is_refused() -> None:
    with pytest.raises(WidenRefused, match=r"topics\.prefix"):
        wider(load(env={}), 2 * load(env={}).topics.partitions, "with space ")


def test_while_copying_nothing_is_deleted_and_times_stay_and_no_worker_starts() -> None:
    new = wider(load(env={}), 2 * load(env={}).topics.partitions, "w-")
    for copying, final in zip(while_copying(new), wanted(new), strict=True):
        assert copying.name == final.name
        assert copying.partitions == final.partitions
        assert copying.configs["retention.ms"] == "-1"
        assert copying.configs["cleanup.policy"] == "delete"
        assert copying.configs["message.timestamp.type"] == "CreateTime"
        assert copying.configs != final.configs
