"""A bounded run of numbered places."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from stream.domain.ring import Ring

SIZE = 5


def filled(*pairs):
    ring = Ring()
    newest = 0
    for number, item in pairs:
        newest = max(newest, number)
        ring.put(number, item, SIZE, newest)
    return ring


def test_what_is_put_is_found_the_newest_first():
    ring = filled((10, "a"), (12, "b"), (11, "c"))
    assert list(ring.numbered()) == [(12, "b"), (11, "c"), (10, "a")]
    assert (ring.get(10), ring.get(9), ring.get(13)) == ("a", None, None)
    assert ring.oldest() == 10


def test_an_empty_one_has_nothing():
    ring = Ring()
    assert ring.oldest() is None
    assert list(ring.numbered()) == []
    assert ring.get(0) is None


def test_what_falls_out_of_the_window_is_dropped_with_the_empty_places_before_it():
    ring = filled((10, "a"), (13, "b"))
    ring.put(15, "c", SIZE, 15)
    assert ring.items == ["c", None, "b"]
    assert ring.oldest() == 13


def test_what_comes_after_a_long_silence_stands_alone():
    ring = filled((10, "a"))
    ring.put(10_000, "b", SIZE, 10_000)
    assert ring.items == ["b"]


def test_a_late_item_lands_in_its_own_place_or_nowhere():
    ring = filled((10, "a"))
    ring.put(7, "b", SIZE, 10)
    ring.put(5, "c", SIZE, 10)  # one too old
    assert list(ring.numbered()) == [(10, "a"), (7, "b")]


def test_an_item_before_the_newest_number_anywhere_does_not_outlive_its_window():
    ring = Ring()
    ring.put(3, "a", SIZE, 7)
    assert list(ring.numbered()) == [(3, "a")]
    ring.put(8, "b", SIZE, 8)
    assert list(ring.numbered()) == [(8, "b")]


def test_a_second_item_replaces_the_first():
    assert list(filled((3, "a"), (3, "b")).numbered()) == [(3, "b")]


@given(st.lists(st.integers(0, 40), max_size=60))
def test_it_holds_what_a_plain_dictionary_of_the_window_would(numbers):
    ring: Ring[int] = Ring()
    model: dict[int, int] = {}
    newest = 0
    for value, number in enumerate(numbers):
        newest = max(newest, number)
        ring.put(number, value, SIZE, newest)
        model[number] = value
        model = {n: v for n, v in model.items() if n > newest - SIZE}
        assert dict(ring.numbered()) == model
        assert len(ring.items) <= SIZE
        assert not ring.items or ring.items[-1] is not None
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(ring), type=Ring[int])
    assert again == ring
