"""The edge: what is read, what is refused, for which reason and where the fault lies."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import orjson
import pytest
from msgspec import UNSET
from support.units import SHANGHAI

from stream.codec import Codec, Rejected
from stream.domain.events import TYPES, Forget, Product

NOW = 1_740_794_400_000  # 2025-03-01T02:00:00Z
CODEC = Codec(SHANGHAI, max_bytes=4096, max_depth=8, future_tolerance_ms=600_000)
BASE = {"event_id": "e", "customer_id": "c", "time": NOW}
MINIMAL = {
    "transactions": {"amount": 1, "direction": "out"},
    "balances": {"account_id": "a", "balance": 1},
    "complaints": {"complaint_id": "k", "status": "opened"},
    "service-events": {"type": "renewal_due"},
    "contacts": {"staff_id": "s", "how": "call", "result": "reached"},
    "customers": {},
    "feedback": {"action_id": "x", "episode_id": "ep", "actor": "rm", "action": "ack"},
    "group-warnings": {"group_id": "g", "cause": "d", "left": 1, "size": 4},
    "group-signals": {"group_id": "c", "kind": "left"},
    "staff": {"staff_id": "s", "status": "left"},
    "control": {"command": "heartbeat", "actor": "ops"},
}


def decode(topic, changes=None, *, key=b"c", timestamp=NOW, codec=CODEC, drop=()):
    body = {**BASE, **MINIMAL[topic], **(changes or {})}
    return codec.decode(topic, key, orjson.dumps({name: body[name] for name in body if name not in drop}), timestamp)


def refused(topic, changes=None, **more):
    with pytest.raises(Rejected) as caught:
        decode(topic, changes, **more)
    return caught.value


def raw(value, topic="balances", codec=CODEC):
    with pytest.raises(Rejected) as caught:
        codec.decode(topic, b"c", value, NOW)
    return caught.value


def test_every_topic_has_a_minimal_record_here():
    assert set(MINIMAL) == set(TYPES)


@pytest.mark.parametrize("topic", sorted(TYPES))
def test_every_topic_is_read_with_its_required_fields_alone(topic):
    event = decode(topic)
    assert type(event) is TYPES[topic]
    assert event.event_id == "e"
    assert event.time == NOW


@pytest.mark.parametrize(
    ("topic", "name"),
    [(topic, name) for topic in sorted(TYPES) for name in ("event_id", "time", *MINIMAL[topic])],
)
def test_each_required_field_is_missed_by_name(topic, name):
    if topic == "staff" and name == "staff_id":
        assert "staff_id" in refused(topic, drop=(name,)).message  # either it or a branch
        return
    fault = refused(topic, drop=(name,))
    assert (fault.reason, fault.path, fault.message) == ("missing", f"$.{name}", "is missing")


@pytest.mark.parametrize("topic", sorted(TYPES))
def test_unknown_fields_are_allowed(topic):
    assert decode(topic, {"surprise": {"deep": [1, 2]}}) == decode(topic)


def test_a_full_transaction():
    event = decode(
        "transactions",
        {
            "amount": "12.34",
            "currency": "CNY",
            "category": "transfer",
            "account_id": "a",
            "quantity": 1.5,
            "unit": "min",
            "counterparty": {"institution": "rival", "own_name": True},
            "channel": "app",
            "balance_after": -5.5,
        },
    )
    assert (event.amount, event.balance_after, event.quantity) == (1234, -550, 1500)
    assert event.counterparty.institution == "rival"
    assert event.counterparty.own_name is True


def test_a_full_profile_with_its_products_in_minor_units():
    event = decode(
        "customers",
        {
            "tier": "gold",
            "class": "key",
            "products": [{"product_id": "p", "amount": "10.005", "matures_on": "2025-04-01"}],
            "credit_limit": 20_000,
            "in_business_since": "1999-12-31",
            "circle_ids": ["x", "y"],
        },
    )
    assert event.class_ == "key"
    assert event.products == [Product("p", None, 1000, dt.date(2025, 4, 1))]  # half to even
    assert event.credit_limit == 2_000_000
    assert decode("customers").products is UNSET


def test_a_limit_and_a_products_amount_are_money_too():
    assert decode("balances", {"limit": "0.01"}).limit == 1
    product = {"product_id": "p", "amount": 7}
    assert decode("service-events", {"type": "product_opened", "product": product}).product.amount == 700


def test_a_snooze_ends_at_a_time():
    event = decode("feedback", {"action": "snooze", "until": "2025-03-02T00:00:00+08:00"})
    assert event.until == 1_740_844_800_000
    assert decode("feedback", {"action": "snooze", "until": NOW}).until == NOW


@pytest.mark.parametrize(
    "time",
    [
        NOW,
        "2025-03-01T02:00:00Z",
        "2025-03-01T10:00:00+08:00",
        "2025-03-01T10:00:00.000+08:00",
        "2025-02-28T21:00:00-05:00",
        "2025-03-01 02:00:00.0004Z",
    ],
)
def test_times_are_epoch_milliseconds_or_rfc_3339(time):
    assert decode("balances", {"time": time}).time == NOW


@pytest.mark.parametrize(
    "time",
    [
        True,
        1.5,
        float(NOW),
        None,
        "",
        "yesterday",
        "2025-03-01",
        "2025-03-01T02:00:00",
        "2025-13-01T00:00:00Z",
        [1],
        {},
    ],
)
def test_anything_else_is_no_time(time):
    fault = refused("balances", {"time": time})
    assert (fault.reason, fault.path) == ("wrong-type", "$.time")


def test_a_naive_time_is_told_what_it_lacks():
    assert "offset or Z" in refused("balances", {"time": "2025-03-01T02:00:00"}).message


@pytest.mark.parametrize("time", [-1, 4_102_444_800_001, "1969-12-31T23:59:59Z", 10**30])
def test_times_before_1970_or_after_2100_are_refused(time):
    fault = raw(b'{"event_id":"e","customer_id":"c","account_id":"a","balance":1,"time":%s}' % orjson_int(time))
    assert fault.reason in {"wrong-type", "invalid"}
    assert fault.path == "$.time"


def orjson_int(value):
    return str(value).encode() if isinstance(value, int) else orjson.dumps(value)


@pytest.mark.parametrize(
    ("amount", "minor"),
    [
        (0, 0),
        (3, 300),
        (0.1, 10),
        (0.29, 29),
        (1.005, 100),  # half to even
        (1.015, 102),
        ("0.10", 10),
        ("1.005", 100),
        ("1.0151", 102),
        ("1e3", 100_000),
        (1e12, 10**14),
        ("999999999999.99", 99_999_999_999_999),
        ("  7 ", 700),
    ],
)
def test_amounts_are_numbers_or_decimal_strings(amount, minor):
    assert decode("transactions", {"amount": amount}).amount == minor


@pytest.mark.parametrize(
    "amount", [True, False, "", "abc", "NaN", "Infinity", "-inf", "1e400", "1e25", "9" * 41, [], {}, "0x10"]
)
def test_anything_else_is_no_amount(amount):
    fault = refused("transactions", {"amount": amount})
    assert (fault.reason, fault.path) == ("wrong-type", "$.amount")


@pytest.mark.parametrize("amount", [-1, -0.01, "-5", 10**16, 1e300, "1e18"])
def test_amounts_below_zero_or_beyond_all_money_are_refused(amount):
    fault = refused("transactions", {"amount": amount})
    assert (fault.reason, fault.path) == ("wrong-type", "$.amount")


def test_a_balance_may_be_negative():
    assert decode("balances", {"balance": "-3.20"}).balance == -320


@pytest.mark.parametrize("text", [b"NaN", b"Infinity", b"-Infinity", b"1e400", b"0x1", b"01"])
def test_what_json_has_no_number_for_is_not_json(text):
    assert raw(b'{"event_id":"e","customer_id":"c","time":1,"account_id":"a","balance":%s}' % text).reason == "not-json"


@pytest.mark.parametrize("quantity", [True, "5", [], {}])
def test_a_quantity_is_a_number(quantity):
    fault = refused("transactions", {"quantity": quantity})
    assert (fault.reason, fault.path) == ("wrong-type", "$.quantity")


def test_a_quantity_may_not_be_negative_or_boundless():
    assert refused("transactions", {"quantity": -1}).path == "$.quantity"
    assert refused("transactions", {"quantity": 1e300}).path == "$.quantity"
    assert refused("transactions", {"quantity": 1.7e308}).path == "$.quantity"


@pytest.mark.parametrize(
    ("topic", "changes", "path"),
    [
        ("transactions", {"direction": "sideways"}, "$.direction"),
        ("transactions", {"counterparty": {"institution": 5}}, "$.counterparty.institution"),
        ("transactions", {"counterparty": "rival"}, "$.counterparty"),
        ("transactions", {"unit": "parsec"}, "$.unit"),
        ("transactions", {"amount": None}, "$.amount"),
        ("balances", {"account_id": ""}, "$.account_id"),
        ("balances", {"account_id": "x" * 129}, "$.account_id"),
        ("complaints", {"status": "exploded"}, "$.status"),
        ("complaints", {"satisfied": "yes"}, "$.satisfied"),
        ("service-events", {"type": "unheard_of"}, "$.type"),
        ("service-events", {"product": {"product_id": "p", "amount": True}}, "$.product.amount"),
        ("service-events", {"product": {"product_id": "p", "matures_on": "soon"}}, "$.product.matures_on"),
        ("customers", {"products": [{"product_id": "p"}, {"product_id": "q", "amount": "x"}]}, "$.products[1].amount"),
        ("customers", {"products": 5}, "$.products"),
        ("customers", {"circle_ids": [1]}, "$.circle_ids[0]"),
        ("contacts", {"result": "maybe"}, "$.result"),
        ("feedback", {"until": 1.5}, "$.until"),
        ("group-warnings", {"left": -1}, "$.left"),
        ("control", {"arguments": ["x"]}, "$.arguments"),
    ],
)
def test_a_wrong_field_is_refused_with_its_path(topic, changes, path):
    fault = refused(topic, changes)
    assert fault.path == path
    assert fault.reason in {"wrong-type", "invalid"}
    assert str(fault) == f"{path}: {fault.message}"


@pytest.mark.parametrize(
    ("topic", "changes", "needs"),
    [
        ("service-events", {"type": "call_forwarding"}, "forwarding"),
        ("feedback", {"action": "outcome"}, "outcome"),
        ("feedback", {"action": "snooze"}, "until"),
    ],
)
def test_a_part_that_the_kind_of_event_needs_is_asked_for(topic, changes, needs):
    fault = refused(topic, changes)
    assert fault.reason == "invalid"
    assert needs in fault.message


def test_staff_needs_a_person_or_a_branch():
    assert decode("staff", {"branch_id": "b", "status": "closed"}, drop=("staff_id",)).branch_id == "b"
    assert refused("staff", drop=("staff_id",)).reason == "invalid"


@pytest.mark.parametrize("value", [b"", b"{", b"\xff\xfe", b"\x00", b"{'a': 1}", b'{"a": "\\ud800"}', b"nul"])
def test_what_is_not_json_is_refused(value):
    fault = raw(value)
    assert (fault.reason, fault.path) == ("not-json", "$")


@pytest.mark.parametrize("value", [b"[]", b"1", b'"x"', b"null", b"true", b"[{}]"])
def test_json_that_is_no_object_is_refused(value):
    fault = raw(value)
    assert (fault.reason, fault.path) == ("wrong-type", "$")


def test_a_value_over_the_bound_is_too_large_before_it_is_read():
    assert raw(b"x" * 4097).reason == "too-large"
    assert raw(b"x" * 4096).reason == "not-json"


@pytest.mark.parametrize("pair", [(b"[", b"]"), (b'{"a":', b"}")])
def test_nesting_over_the_bound_is_too_deep(pair):
    opening, closing = pair
    assert raw(b'{"x":' + opening * 8 + b"1" + closing * 8 + b"}").reason == "too-deep"
    assert raw(b'{"x":' + opening * 7 + b"1" + closing * 7 + b"}").reason != "too-deep"


def test_nesting_that_never_closes_is_too_deep_and_does_not_exhaust_the_parser():
    assert raw(b"[" * 4000).reason == "too-deep"


@pytest.mark.parametrize("text", ["[" * 50, "{" * 50, '\\"[[[[[[[[[[[[', 'a"[[[[[[[[[[[["b', "\\\\[[[[[[[[[[[["])
def test_brackets_inside_of_strings_do_not_count(text):
    assert decode("complaints", {"text": text}).text == text


def test_many_brackets_side_by_side_are_not_deep():
    assert decode("balances", {"more": [[], [], [], [], [], [], [], [], [], [], {}]}).balance == 100


@pytest.mark.parametrize("key", [None, b"", b"d", "ç".encode(), b"\xff"])
@pytest.mark.parametrize("topic", sorted(set(MINIMAL) - {"group-signals", "staff", "control"}))
def test_a_customer_event_under_another_key_is_refused(topic, key):
    fault = refused(topic, key=key)
    assert (fault.reason, fault.path) == ("wrong-key", "$.customer_id")


def test_a_group_signal_under_another_key_is_refused():
    fault = refused("group-signals", key=b"another")
    assert (fault.reason, fault.path) == ("wrong-key", "$.group_id")


@pytest.mark.parametrize("topic", ["staff", "control"])
def test_topics_with_their_own_key_are_not_held_against_the_customer(topic):
    assert decode(topic, key=b"other").event_id == "e"


def test_a_customer_id_need_not_be_ascii():
    assert decode("balances", {"customer_id": "客户-1"}, key="客户-1".encode()).customer_id == "客户-1"


def test_an_event_from_the_future_is_refused_and_one_within_the_tolerance_is_not():
    assert decode("balances", {"time": NOW + 600_000}).time == NOW + 600_000
    fault = refused("balances", {"time": NOW + 600_001})
    assert (fault.reason, fault.path) == ("future", "$.time")
    assert "600001 ms" in fault.message


def test_an_old_event_is_never_too_old():
    assert decode("balances", {"time": 0}).time == 0


def test_other_currencies_are_converted_by_the_table():
    assert decode("balances", {"balance": 100, "limit": 10, "currency": "USD"}).balance == 71_000
    assert decode("balances", {"balance": 100, "limit": 10, "currency": "USD"}).limit == 7_100
    assert decode("transactions", {"amount": "1000", "currency": "JPY"}).amount == 4_700
    assert decode("balances", {"balance": 100, "currency": "CNY"}).balance == 10_000


@pytest.mark.parametrize("currency", ["XXX", "usd", ""])
def test_an_unknown_currency_is_refused_and_says_what_to_do(currency):
    fault = refused("balances", {"currency": currency})
    assert (fault.reason, fault.path) == ("unknown-currency", "$.currency")
    assert "business.rates" in fault.message


def test_a_currency_that_is_no_text_is_a_wrong_type():
    fault = refused("balances", {"currency": 5})
    assert (fault.reason, fault.path) == ("wrong-type", "$.currency")


def test_the_minor_units_are_configured():
    yen = Codec(replace(SHANGHAI, currency="JPY", minor_units=0, rates={}))
    assert decode("balances", {"balance": "12"}, codec=yen).balance == 12


def test_the_tombstone_of_a_profile_forgets_the_customer_at_the_records_own_time():
    event = CODEC.decode("customers", "客".encode(), None, NOW)
    assert event == Forget(event_id=f"forget-{NOW}", customer_id="客", time=NOW)


@pytest.mark.parametrize("topic", sorted(set(TYPES) - {"customers", "staff"}))
def test_any_other_topic_needs_a_value(topic):
    with pytest.raises(Rejected) as caught:
        CODEC.decode(topic, b"c", None, NOW)
    assert caught.value.reason == "no-value"


@pytest.mark.parametrize(("key", "reason"), [(None, "no-value"), (b"", "no-value"), (b"\xff", "wrong-key")])
def test_a_tombstone_without_a_readable_key_is_refused(key, reason):
    with pytest.raises(Rejected) as caught:
        CODEC.decode("customers", key, None, NOW)
    assert caught.value.reason == reason
