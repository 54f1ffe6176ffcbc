"""The interface document: committed as generated, complete, and true of what the codec reads and the engine writes."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path

import msgspec
import orjson
import pytest
import yaml
from jsonschema import Draft7Validator, FormatChecker

from stream.codec import Rejected
from stream.config import load
from stream.control import COMMANDS, read
from stream.domain.alerts import Alert, headers
from stream.domain.events import TYPES
from stream.engine.assemble import codec
from stream.engine.log.deadletter import dead_letter, failed_timers
from stream.engine.log.jsonl import Record
from stream.engine.log.memory import MemoryRecord
from stream.engine.replay import Replay
from stream.interface import examples
from stream.interface.asyncapi import as_yaml, document
from stream.interface.classification import LEVELS, MARK, mark
from stream.topics import TABLE

COMMITTED = Path(__file__).parents[2] / "deploy" / "docs" / "asyncapi.yaml"
NOW = 1_772_800_000_000  # 2026-03-06, after every example
DAY = 86_400_000


@cache
def generated():
    return document()


def validator(name):
    schema = {**generated()["components"]["schemas"][name], "components": generated()["components"]}
    return Draft7Validator(schema, format_checker=FormatChecker())


def faults(name, value):
    return [f"{fault.json_path}: {fault.message}" for fault in validator(name).iter_errors(value)]


EVENTS = [(topic, example) for topic, given in examples.EVENTS.items() for example in given]


def test_the_committed_document_is_the_generated_one():
    assert COMMITTED.read_text(encoding="utf-8") == as_yaml(), (
        "run: churnwatch asyncapi --output deploy/docs/asyncapi.yaml"
    )


def test_the_yaml_says_what_the_document_says():
    assert yaml.safe_load(as_yaml()) == orjson.loads(orjson.dumps(generated()))


def test_every_topic_of_the_table_is_a_channel_with_a_message_and_no_other_is():
    channels = generated()["channels"]
    assert list(channels) == [topic.name for topic in TABLE]
    assert all(channel["messages"] for channel in channels.values())
    for topic in TABLE:
        config = channels[topic.name]["bindings"]["kafka"]["topicConfiguration"]
        assert config["cleanup.policy"] == [topic.cleanup]
        assert config.get("retention.ms") == topic.retention_ms


def test_every_field_message_and_channel_is_classified():
    made = generated()["components"]["schemas"]
    for name, schema in made.items():
        fields = schema["properties"].items() if "properties" in schema else [("", schema)]
        for field, node in fields:
            assert "$ref" in node or node[MARK] in LEVELS, (name, field)
    for field in ("name", "phone"):
        assert made["Customer"]["properties"][field][MARK] == "direct"
    assert made["Alert"]["properties"]["customer_id"][MARK] == "personal"
    assert made["Alert"]["properties"]["rm_id"][MARK] == "staff"
    levels = {name: channel[MARK] for name, channel in generated()["channels"].items()}
    assert {name for name, level in levels.items() if level == "internal"} == {"models", "workers"}
    assert levels["alerts"] == levels["examples"] == levels["state-changelog"] == levels["balances"] == "personal"
    assert levels["customers"] == levels["complaints"] == levels["dead-letters"] == "direct"
    assert levels["staff"] == "staff"


def test_what_leaves_the_house_holds_nothing_direct():
    levels = {name: channel[MARK] for name, channel in generated()["channels"].items()}
    assert [topic.name for topic in TABLE if "reader" in topic.read_by and levels[topic.name] == "direct"] == []


def test_a_schema_that_nobody_classified_is_refused():
    with pytest.raises(KeyError, match="Newcomer"):
        mark({"Newcomer": {"properties": {"x": {}}}})


def test_how_long_a_topic_keeps_is_said():
    channels = generated()["channels"]
    for topic in TABLE:
        kept = "the latest value" if topic.retention_ms is None else f"{topic.retention_ms // DAY} days"
        assert f"Kept: {kept}" in channels[topic.name]["description"]


def test_every_reference_leads_somewhere():
    def references(node):
        if isinstance(node, dict):
            yield from (value for key, value in node.items() if key == "$ref")
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    found = set(references(generated()))
    assert len(found) > 30
    for reference in found:
        node = generated()
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def test_every_schema_is_a_valid_draft_7_schema_without_marks_of_our_own():
    for name, schema in generated()["components"]["schemas"].items():
        Draft7Validator.check_schema(schema)
        text = orjson.dumps(schema).decode()
        assert "x-wire" not in text, name
        assert "x-optional" not in text, name


def test_every_message_example_in_the_document_fits_its_schemas():
    seen = 0
    for name, message in generated()["components"]["messages"].items():
        for example in message.get("examples", ()):
            for part, value in example.items():
                schema = message[part]["$ref"].rsplit("/", 1)[1]
                assert faults(schema, value) == [], (name, part)
                seen += 1
    assert seen >= len(EVENTS) + 5


def test_every_input_topic_has_an_example():
    assert set(examples.EVENTS) == set(TYPES)


@pytest.mark.parametrize(("topic", "example"), EVENTS)
def test_what_fits_is_read_by_the_codec(topic, example):
    owner = "group_id" if topic == "group-signals" else "customer_id"
    key = str(example.get(owner, "k")).encode()
    event = codec(load(env={})).decode(topic, key, orjson.dumps(example), NOW)
    assert type(event) is TYPES[topic]
    if topic == "control":
        assert type(read(event)) is COMMANDS[example["command"]]


BROKEN = [
    ("transactions", {"amount": -1}),
    ("transactions", {"amount": "-1.00"}),
    ("transactions", {"amount": "x"}),
    ("transactions", {"amount": True}),
    ("transactions", {"direction": "sideways"}),
    ("transactions", {"time": "yesterday"}),
    ("transactions", {"time": -1}),
    ("transactions", {"quantity": "3"}),
    ("transactions", {"counterparty": {"own_name": "yes"}}),
    ("transactions", {"event_id": ""}),
    ("balances", {"balance": None}),
    ("customers", {"products": [{"kind": "deposit"}]}),
    ("service-events", {"type": "call_forwarding", "forwarding": None}),
    ("feedback", {"action": "snooze"}),
    ("feedback", {"outcome": None}),
    ("staff", {"staff_id": None, "branch_id": None}),
]


@pytest.mark.parametrize(("topic", "change"), BROKEN)
def test_what_the_codec_refuses_does_not_fit_the_schema_either(topic, change):
    example = copy.deepcopy(dict(examples.EVENTS[topic][0])) | change
    with pytest.raises(Rejected):
        codec(load(env={})).decode(topic, str(example.get("customer_id", "k")).encode(), orjson.dumps(example), NOW)
    assert faults(TYPES[topic].__name__, example)


def test_the_alert_example_is_an_alert_with_its_headers():
    alert = msgspec.convert(dict(examples.ALERT), Alert)
    assert {name: value.decode() for name, value in headers(alert)} == dict(examples.ALERT_HEADERS)


def test_alerts_of_a_replay_fit_body_and_headers():
    replay = Replay(load(env={}))
    number = iter(range(10_000))

    def line(topic, customer, time, **value):
        body = {"event_id": f"e{next(number)}", "customer_id": customer, "time": time, **value}
        return Record(1, topic, customer.encode(), time, orjson.dumps(body))

    start = NOW - 90 * DAY
    complaint = {"complaint_id": "k", "text": "我要起诉"}
    forwarding = {"state": "unconditional", "target_network": "other", "target_number": "13000000042"}
    lines = [line("customers", "c", start, rm_id="rm-1", branch_id="b-1")]
    lines += [line("balances", "c", start + d * DAY, account_id="a", balance=50_000) for d in range(60)]
    lines += [
        line("balances", "c", start + 60 * DAY, account_id="a", balance=100),
        line("complaints", "c", start + 63 * DAY, status="opened", **complaint),
        line("complaints", "c", start + 64 * DAY, status="closed", satisfied=True, **complaint),
        line("service-events", "d", start, type="call_forwarding", forwarding=forwarding),
        line("customers", "e", start + 85 * DAY),
    ]
    replay.load(lines)
    found = replay.run().alerts
    bodies = [orjson.loads(record.value) for record in found]
    assert {body["kind"] for body in bodies} >= {"balance_drop", "serious_complaint", "call_forwarding_off_net"}
    assert {body["state"] for body in bodies} == {"opened", "resolved", "expired"}
    for record, body in zip(found, bodies, strict=True):
        assert faults("Alert", body) == []
        assert faults("AlertHeaders", {name: value.decode() for name, value in record.headers}) == []


def test_dead_letters_as_the_engine_writes_them_fit_their_headers():
    record = MemoryRecord(7, 5, b"k", b"v")
    letters = [
        dead_letter("balances", 3, record, Rejected("missing", "$.balance", "is missing")),
        failed_timers(3, b"k", 17, ValueError("x")),
    ]
    for letter in letters:
        assert faults("DeadLetterHeaders", {name: value.decode() for name, value in letter.headers}) == []
    assert faults("DeadLetterHeaders", {"dl_topic": "balances"})
