"""Whatever arrives, the edge either reads it or rejects it."""

from __future__ import annotations

import msgspec
import orjson
from hypothesis import example, given
from hypothesis import strategies as st
from support.effort import examples
from support.units import SHANGHAI

from stream import wire
from stream.codec import Codec, Rejected
from stream.domain.events import TYPES, Balance, Transaction
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


def step_by_step(topic, value):
    try:
        return CODEC._read(topic, value)
    except Rejected:
        return None


USUAL = {
    "transactions": {"amount": 1, "direction": "out"},
    "balances": {"account_id": "a", "balance": 1},
}
LIKELY = st.fixed_dictionaries(
    {},
    optional={
        "amount": SCALARS,
        "balance": SCALARS,
        "limit": SCALARS,
        "balance_after": SCALARS,
        "time": st.integers(0, 4_102_444_800_001) | SCALARS,
        "quantity": SCALARS,
        "currency": st.sampled_from(["CNY", "USD", "XXX", "cny", "", None, 5]),
        "unit": st.sampled_from(["min", "MB", "item", "point", "parsec", None]),
        "direction": st.sampled_from(["in", "out", "sideways", None]),
        "counterparty": st.sampled_from([None, {}, {"institution": "x", "own_name": True}, {"institution": 5}, "x"]),
        "kind": SCALARS,
        "category": SCALARS,
        "account_id": SCALARS | st.text(min_size=126, max_size=130),
        "surprise": JSON,
    },
)


@examples(400)
@given(st.sampled_from(sorted(USUAL)), LIKELY)
@example("transactions", {"amount": 1.7e308})
@example("transactions", {"quantity": 1.7e308})
@example("balances", {"time": 1.0})
@example("balances", {"balance": -0.0})
def test_what_is_read_in_one_go_is_what_step_by_step_would_have_read(topic, changes):
    value = orjson.dumps({"event_id": "e", "customer_id": "c", "time": NOW, **USUAL[topic], **changes})
    event = CODEC._wire.read(topic, value)
    assert event is None or event == step_by_step(topic, value)
    assert event is None or all(
        type(getattr(event, name)) is type(getattr(step_by_step(topic, value), name))
        for name in event.__struct_fields__
    )


def test_no_field_is_forgotten_where_it_is_read_in_one_go():
    for kind, usual in ((Transaction, wire._Transaction), (Balance, wire._Balance)):
        assert kind.__struct_fields__ == usual.__struct_fields__


def test_the_usual_is_read_in_one_go():
    for topic, fields in USUAL.items():
        body = {"event_id": "e", "customer_id": "c", "time": NOW, **fields, "currency": "CNY"}
        assert CODEC._wire.read(topic, orjson.dumps(body)) == step_by_step(topic, orjson.dumps(body))
