"""The set of features as a whole: names, words, vectors, their stored form."""

from __future__ import annotations

from math import log1p
from string import Formatter

import pytest
from support.units import DAY, SHANGHAI, T0, folded, movement

from models.features.base import Feature
from models.features.sets import FEATURES, NAMES, VERSION, pack, unpack, vector
from stream.domain.state import State

END = T0 + 400 * DAY


def buyer():
    return folded(*(movement(T0 + n * 10 * DAY, 5_000 + n, category="purchase") for n in range(38)))


def figures(state, time=END):
    return dict(zip(NAMES, vector(state, time, SHANGHAI), strict=True))


def test_names_are_unique_and_the_set_has_a_version():
    assert len(set(NAMES)) == len(NAMES) == len(FEATURES)
    assert VERSION >= 1


@pytest.mark.parametrize("item", FEATURES, ids=NAMES)
def test_a_feature_says_what_it_is_in_both_languages(item: Feature):
    assert item.unit
    assert item.meaning
    assert item.source
    assert item.ask.__doc__
    for text in (item.zh, item.en):
        assert [name for _, name, _, _ in Formatter().parse(text) if name] == ["value"]
        for value in (-3.25, 0.0, 0, 7, 12345.678):
            assert text.format(value=value)
    assert any("\u4e00" <= sign <= "\u9fff" for sign in item.zh)
    assert item.en.isascii()


def test_an_empty_state_gives_a_whole_vector_and_says_what_it_cannot_know():
    found = figures(State())
    assert len(found) == len(NAMES)
    assert found["recency"] is found["tenure"] is found["balance"] is found["since_payroll"] is None
    assert found["acts_90"] == 0


def test_heavy_tails_are_logarithms_and_everything_has_four_decimals():
    found = figures(buyer(), T0 + 380 * DAY)
    assert found["recency"] == pytest.approx(log1p(10), abs=1e-4)
    assert found["tenure"] == pytest.approx(log1p(380), abs=1e-4)
    assert all(value is None or value == round(value, 4) for value in found.values())


def test_the_same_state_gives_the_same_vector_and_stays_as_it_is():
    state = buyer()
    before = folded(state=buyer())
    assert vector(state, END, SHANGHAI) == vector(state, END, SHANGHAI)
    assert state == before


def test_a_vector_that_was_stored_is_the_very_same():
    for state, time in ((State(), END), (buyer(), END), (buyer(), T0)):
        found = vector(state, time, SHANGHAI)
        assert unpack(pack(found)) == found
        assert len(pack(found)) == 4 * len(NAMES)


def test_what_is_too_large_for_the_stored_form_is_cut_before_it_is_scored():
    state = folded(movement(T0, 10**17, category="purchase"), movement(T0, 10**17, "in", category="return"))
    state.acts = 10**30
    found = vector(state, T0 + DAY, SHANGHAI)
    assert unpack(pack(found)) == found
    assert all(value is None or abs(value) <= 214_748.3647 for value in found)


def test_the_vector_of_a_set_with_fewer_features_is_read_as_it_was():
    found = vector(State(), END, SHANGHAI)
    assert unpack(pack(found)[:8]) == found[:2]


@pytest.mark.parametrize("size", [0, 3, -1])
def test_what_is_no_vector_is_refused(size):
    stored = pack(vector(State(), END, SHANGHAI))
    with pytest.raises(ValueError, match="no vector"):
        unpack(stored[:size])
