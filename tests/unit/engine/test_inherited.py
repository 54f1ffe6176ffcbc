"""What a shard that opens takes up, and what it refuses."""

from __future__ import annotations

import pytest

from stream.engine.log.port import Opening
from stream.engine.store.inherited import ChangelogLost, ForeignChangelog, OffsetsLost, check, superseded
from stream.engine.store.meta import ShardMeta


def opening(start: int = 0, end: int = 0, begun: bool = False) -> Opening:
    return Opening({}, start, end, begun)


@pytest.mark.parametrize(
    ("known", "found", "rewound"),
    [
        (None, opening(), None),  # a first start
        (None, opening(5, 6, begun=True), b"5"),  # after a rewind
        (ShardMeta(group="g", begins=0), opening(0, 9, begun=True), None),
        (ShardMeta(group="g", begins=5), opening(5, 9, begun=True), None),  # begun after a rewind
        (ShardMeta(group="g"), opening(5, 9, begun=True), None),  # an older build's
        (ShardMeta(), opening(0, 9, begun=True), None),
    ],
)
def test_what_is_whole_and_its_own_is_taken_up(known, found, rewound):
    check(known, found, "g", rewound)


@pytest.mark.parametrize(
    ("known", "found"),
    [
        (None, opening(5, 5, begun=True)),  # emptied
        (None, opening(0, 0, begun=True)),  # made anew
        (ShardMeta(group="g", begins=0), opening(1, 9, begun=True)),  # its beginning deleted
        (ShardMeta(group="g", begins=5), opening(6, 9)),
    ],
)
def test_what_lost_records_is_refused_with_what_to_do(known, found):
    with pytest.raises(ChangelogLost, match="group rewind"):
        check(known, found, "g", None)


def test_what_is_another_groups_is_refused():
    with pytest.raises(ForeignChangelog, match="of group other"):
        check(ShardMeta(group="other", begins=0), opening(1, 9), "g", None)


def test_a_topic_that_was_read_and_has_no_offset_any_more_is_named_with_both_causes():
    known = ShardMeta(group="g", begins=0, positions={"balances": 7, "complaints": 3, "contacts": 0, "staff": 2})
    with pytest.raises(OffsetsLost, match=r"in complaints, .*skip-lost.*start again") as refused:
        check(known, Opening({"balances": 7}, 0, 9, True), "g", None)
    assert "balances" not in str(refused.value)
    check(known, Opening({"balances": 7, "complaints": 0}, 0, 9, True), "g", None)  # the shard's own go before it


@pytest.mark.parametrize(
    ("known", "rewound", "over"),
    [
        (None, None, False),
        (None, b"5", False),
        (ShardMeta(begins=0), None, False),
        (ShardMeta(begins=0), b"5", True),
        (ShardMeta(), b"5", True),
        (ShardMeta(begins=5), b"5", False),
        (ShardMeta(begins=9), b"5", False),
    ],
)
def test_a_store_from_before_a_rewind_is_over(known, rewound, over):
    assert superseded(known, rewound) is over
