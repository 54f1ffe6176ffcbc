"""Whatever arrives, the edge either reads it or rejects it."""

from __future__ import annotations

import msgspec
import orjson
from hypothesis import example, given
from hypothesis import strategies as st
from support.effort import examples
from support.units import SHANGHAI

from stream.codec import Codec, Rejected
from stream.domain.events import TYPES
from stream.domain.fold import fold
from stream.domain.state import State, decode, encode

CODEC = Codec(SHANGHAI, max_bytes=4096, max_depth=8)
NOW = 1_740_794_400_000
FIELDS = sorted({field.encode_name for kind in TYPES.values() for field in msgspec.structs.fields(kind)})
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["CNY", "USD", "in", "out", "opened", "1.50", "2025-03-01T00:00:00Z", "call_forwarding", "gold"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6) | st.sampled_from(FIELDS), inner, max_size=5)
    ),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=14)
TOPICS = st.sampled_from(sorted(TYPES))


def read(topic, value, key=b"c"):
    """Read a record; whatever is not `Rejected` fails the test."""
    try:
        return CODEC.decode(topic, key, value, NOW)
    except Rejected as why:
        assert why.reason
        assert why.path.startswith("$")
        assert why.message
        return None


@given(TOPICS, st.none() | st.binary(max_size=200), st.none() | st.binary(max_size=8))
@example("customers", None, b"\xff")
@example("balances", b"[" * 200, b"c")
def test_arbitrary_bytes(topic, value, key):
    read(topic, value, key)


@examples(200)
@given(TOPICS, JSON)
def test_arbitrary_json(topic, value):
    read(topic, orjson.dumps(value))


@examples(300)
@given(TOPICS, OBJECTS)
def test_arbitrary_values_in_known_fields(topic, value):
    body = {"event_id": "e", "customer_id": "c", "time": NOW, **value}
    event = read(topic, orjson.dumps(body))
    if event is not None:
        assert type(event) is TYPES[topic]


@examples(150)
@given(st.sampled_from(["transactions", "balances", "complaints", "service-events", "contacts", "customers"]), OBJECTS)
def test_what_is_read_can_be_folded_and_stored(topic, value):
    required = {
        "amount": 1, "direction": "out", "account_id": "a", "balance": 1, "complaint_id": "k", "status": "opened",
        "type": "renewal_due", "staff_id": "s", "how": "call", "result": "reached",
    }  # fmt: skip
    for field in value:
        body = {**required, "event_id": "e", "customer_id": "c", "time": NOW, field: value[field]}
        event = read(topic, orjson.dumps(body), key=str(body["customer_id"]).encode())
        if event is not None:
            state = State()
            fold(state, event, SHANGHAI)
            assert decode(encode(state)) == state
