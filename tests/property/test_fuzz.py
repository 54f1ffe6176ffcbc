"""Every parser that meets foreign bytes reads them or refuses them; nothing else happens."""

from __future__ import annotations

import copy

import orjson
import pytest
from fuzz.known import KNOWN, SEEDS
from fuzz.targets import TARGETS
from hypothesis import given
from hypothesis import strategies as st
from support.effort import examples

SECTIONS = ["kafka", "topics", "engine", "business", "policy", "privacy", "http", "desk", "rules", "x"]
KEYS = ["bootstrap", "partitions", "group", "rates", "keys", "token", "host", "balance_drop", "calendar"]

ODD = st.sampled_from(
    [None, True, -1, 0, 2**63, 1e308, "", "x" * 300, "\x1b[2J", "\u0000", [], {}, [[]], "2025-13-01T00:00:00Z"]
)


@st.composite
def nearly_right(draw):
    """Draw a documented example with some of its parts, at any depth, replaced, left out or doubled."""
    value = copy.deepcopy(draw(st.sampled_from(KNOWN)))
    for _ in range(draw(st.integers(1, 3))):
        place = value
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(place[key], dict | list) and draw(st.booleans()):
                place = place[key]
                continue
            if draw(st.booleans()) and isinstance(place, dict):
                del place[key]
            else:
                place[key] = draw(ODD)
            break
    data = bytearray(orjson.dumps(value))
    if data and draw(st.booleans()):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.sampled_from(b'\xb0\xff\x00"\\{['))
    return bytes(data)


@pytest.mark.parametrize("target", TARGETS)
def test_any_bytes(target):
    for seed in SEEDS:
        TARGETS[target](seed)

    @examples(40)
    @given(st.binary(max_size=300))
    def one(data):
        TARGETS[target](data)

    one()


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_nearly_right(target):
    for known in KNOWN:
        TARGETS[target](orjson.dumps(known))

    @examples(60)
    @given(nearly_right())
    def one(data):
        TARGETS[target](data)

    one()


@examples(40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(SECTIONS),
            st.sampled_from(KEYS),
            st.none()
            | st.booleans()
            | st.integers(-(2**63), 2**63 - 1)
            | st.text(max_size=9)
            | st.lists(st.integers(), max_size=2),
        ),
        max_size=4,
    )
)
def test_settings_that_are_nearly_right(given_):
    lines = [f"[{section}]\n{key} = {orjson.dumps(value).decode()}" for section, key, value in given_]
    TARGETS["configuration"]("\n".join(lines).encode("utf-8", "replace"))
