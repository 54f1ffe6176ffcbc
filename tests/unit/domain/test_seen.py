"""Recently seen event ids: nothing seen is missed within its days and bounds, nothing unseen is found."""

from __future__ import annotations

import pytest

from stream.domain import seen

DAY = 20_000


def test_an_event_is_seen_once_it_was_added():
    one = seen.digest("balances", "e1")
    assert not seen.contains(b"", one)
    assert seen.contains(seen.add(b"", one, DAY), one)


def test_the_same_id_on_another_topic_is_another_event():
    known = seen.add(b"", seen.digest("balances", "e1"), DAY)
    assert not seen.contains(known, seen.digest("transactions", "e1"))
    assert seen.digest("a", "bc") != seen.digest("ab", "c")


def test_the_oldest_go_when_there_are_too_many():
    known = b""
    for number in range(seen.MOST + 3):
        known = seen.add(known, seen.digest("t", str(number)), DAY)
    assert len(known) == seen.MOST * seen.ENTRY
    assert [seen.contains(known, seen.digest("t", str(n))) for n in (0, 2, 3, seen.MOST + 2)] == [
        False,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("day", [DAY, 65_530, 65_535, 65_536, 131_072])
def test_they_go_after_their_days_also_where_the_day_number_wraps(day):
    old = seen.digest("t", "old")
    known = seen.add(b"", old, day)
    kept = seen.add(known, seen.digest("t", "new"), day + seen.KEEP_DAYS)
    gone = seen.add(known, seen.digest("t", "new"), day + seen.KEEP_DAYS + 1)
    assert seen.contains(kept, old)
    assert not seen.contains(gone, old)
    assert len(gone) == seen.ENTRY


def test_bytes_that_match_across_two_entries_are_no_match():
    first, second = bytes(range(1, 7)), bytes(range(11, 17))
    known = seen.add(seen.add(b"", first, 0x0708), second, 0x090A)
    across = known[2:8]
    assert known.find(across) == 2
    assert not seen.contains(known, across)
    assert seen.contains(known, second)


def test_a_match_after_one_across_entries_is_found():
    target = bytes([7, 8, 1, 2, 3, 4])
    known = bytes([9, 9, 9, 9, 9, 9, 7, 8]) + bytes([1, 2, 3, 4, 0, 0, 0, 0]) + target + bytes([0, 1])
    assert known.find(target) == 6
    assert seen.contains(known, target)
