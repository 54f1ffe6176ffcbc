"""JSON Schemas of everything on the topics, from the structs; money, times and quantities as they are on the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, get_args

import msgspec

from models.example import Example
from models.snapshot import Snapshot
from stream.control import COMMANDS
from stream.domain.alerts import DESK_SOURCE, SOURCE, TYPE, Alert, AlertState, DeskAlert
from stream.domain.events import SEVERITIES, TYPES
from stream.engine.feeds.in_force import RuleOverride, SilenceRecord
from stream.engine.feeds.model import Champion, Pin
from stream.engine.store.meta import ShardMeta
from stream.engine.worker.directory import Entry
from stream.interface.classification import mark

Schema = dict[str, Any]
_REF = "#/components/schemas/{name}"
DATE_TIME: Schema = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$",
}
"""RFC 3339. The pattern too, because validators may leave formats unchecked."""

_ID = r"^[0-9]+/[0-9]+$"


def _time(node: Schema) -> Schema:
    return {"oneOf": [DATE_TIME, {"type": "integer", "minimum": node["minimum"], "maximum": node["maximum"]}]}


def _money(node: Schema) -> Schema:
    if node["minimum"] < 0:
        return {"oneOf": [{"type": "number"}, {"type": "string", "pattern": r"^[+-]?[0-9]+([.][0-9]+)?$"}]}
    return {"oneOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^[+]?[0-9]+([.][0-9]+)?$"}]}


def _quantity(node: Schema) -> Schema:
    return {"type": "number", "minimum": 0}


_WIRE: Mapping[str, Callable[[Schema], Schema]] = {"time": _time, "money": _money, "quantity": _quantity}
"""What the codec takes for a field that the structs hold as an integer."""

_REQUIRED_WHERE: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "ServiceEvent": (("type", "call_forwarding", "forwarding"),),
    "Feedback": (("action", "outcome", "outcome"), ("action", "snooze", "until")),
}
"""Schema -> (field, its value, the field that is required then): what the structs check beside their types."""

_FORMATS: Mapping[tuple[str, str], Schema] = {
    ("Alert", "event_time"): DATE_TIME,
    ("Alert", "detected_at"): DATE_TIME,
    ("DeskAlert", "event_time"): DATE_TIME,
    ("DeskAlert", "detected_at"): DATE_TIME,
    ("NextStep", "due"): DATE_TIME,
    ("Entry", "url"): {"type": "string", "format": "uri"},
}


def schemas() -> dict[str, Schema]:
    """Return every schema by name (JSON Schema draft 7, the superset of which AsyncAPI takes)."""
    kinds = [*TYPES.values(), *COMMANDS.values(), *_ALERTS, RuleOverride, SilenceRecord, Entry, ShardMeta, *_MODEL]
    _, found = msgspec.json.schema_components(kinds, ref_template=_REF)
    made = {_NAMES.get(name, name): _wire(schema) for name, schema in found.items()}
    for (name, field), form in _FORMATS.items():
        made[_NAMES.get(name, name)]["properties"][field] = form
    for name, rules in _REQUIRED_WHERE.items():
        made[name]["allOf"] = [_rule(*rule) for rule in rules]
    made["Staff"]["anyOf"] = [_given("staff_id"), _given("branch_id")]
    return mark(made | deepcopy(_OWN))


_ALERTS = (Alert, DeskAlert)
_MODEL = (Example, Snapshot, Pin, Champion)

_NAMES = {
    "Entry": "Worker",
    "Pin": "ModelPin",
    "Champion": "ModelChampion",
    **{kind.__name__: f"{kind.__name__}Arguments" for kind in COMMANDS.values()},
}
"""Names that would say too little outside of their module."""


def _rule(field: str, value: str, needed: str) -> Schema:
    return {"if": {"properties": {field: {"const": value}}}, "then": _given(needed)}


def _given(name: str) -> Schema:
    return {"required": [name], "properties": {name: {"not": {"type": "null"}}}}


def _wire(node: Any) -> Any:
    """Put the wire's forms in, and turn a tuple's `prefixItems` into draft 7's list of `items`."""
    if isinstance(node, list):
        return [_wire(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "x-wire" in node:
        about = {"description": node["description"]} if "description" in node else {}
        return about | _WIRE[node["x-wire"]](node)
    plain = {name: _wire(item) for name, item in node.items()}
    if "prefixItems" in plain:
        plain["items"] = plain.pop("prefixItems")
    if not plain.get("required", True):
        del plain["required"]  # draft 4 wanted one at least, and readers still do
    return plain


def _texts(**properties: Schema) -> Schema:
    """Return an object of header texts; all but those marked optional are required."""
    optional = {name for name, schema in properties.items() if schema.pop("x-optional", False)}
    return {
        "type": "object",
        "properties": {name.replace("__", "-"): {"type": "string"} | schema for name, schema in properties.items()},
        "required": [name.replace("__", "-") for name in properties if name not in optional],
    }


def _cloudevent(kinds: list[str], sources: list[str], *, severity: bool) -> Schema:
    headers = _texts(
        ce_specversion={"const": "1.0"},
        ce_id={"description": "dedupe on it: equal to alert_id of the body"},
        ce_source={"enum": sources},
        ce_type={"enum": kinds},
        ce_subject={"description": "the episode; of a test or heartbeat its key"},
        ce_time={"format": "date-time", "description": "event time"},
        content__type={"const": "application/json"},
    )
    if severity:
        more = _texts(
            ce_partitionkey={"description": "the customer id, or its pseudonym"}, ce_severity={"enum": list(SEVERITIES)}
        )
        headers["properties"] |= more["properties"]
        headers["required"] += more["required"]
    return headers


_NUMBER = {"pattern": "^[0-9]+$"}

_OWN: dict[str, Schema] = {
    "AlertHeaders": _cloudevent(
        [TYPE.format(state=state) for state in get_args(AlertState)], [SOURCE, DESK_SOURCE], severity=True
    )
    | {"description": "CloudEvents 1.0, Kafka binding, binary mode."},
    "ProbeHeaders": _cloudevent(["churnwatch.alert.test.v1", "churnwatch.heartbeat.v1"], [SOURCE], severity=False)
    | {"description": "CloudEvents 1.0, Kafka binding, binary mode."},
    "TestAlert": {
        "type": "object",
        "description": "Asked for by an operator, to check a receiver. It concerns nobody and opens nothing.",
        "properties": {
            "state": {"const": "test"},
            "alert_id": {"type": "string"},
            "customer_id": {"type": "string"},
            "title": {"$ref": "#/components/schemas/Words"},
            "event_time": DATE_TIME,
            "actor": {"type": "string"},
        },
        "required": ["state", "alert_id", "customer_id", "title", "event_time", "actor"],
    },
    "Heartbeat": {
        "type": "object",
        "description": "Asked for by an operator: silence after it means that there is nothing to say.",
        "properties": {
            "state": {"const": "heartbeat"},
            "alert_id": {"type": "string"},
            "event_time": DATE_TIME,
            "actor": {"type": "string"},
        },
        "required": ["state", "alert_id", "event_time", "actor"],
    },
    "DeadLetterHeaders": _texts(
        dl_topic={"description": "the topic it came from, without the prefix; `timers` for a customer's timers"},
        dl_partition=_NUMBER,
        dl_offset=_NUMBER | {"x-optional": True, "description": "not of timers"},
        dl_timestamp=_NUMBER | {"x-optional": True, "description": "the record's own time, epoch ms; not of timers"},
        dl_reason={"description": "one word, as in the metrics: not-json, wrong-type, missing, wrong-key, poison …"},
        dl_path={"description": "JSONPath of the fault"},
        dl_message={"description": "what is wrong there"},
        dl_version={"description": "of the worker that gave up on it"},
    ),
    "RedriveReceiptHeaders": _texts(
        dl_receipt={"pattern": _ID, "description": "the letter that was sent again: partition/offset"},
        dl_topic={"description": "where its record landed"},
        dl_partition=_NUMBER,
        dl_offset=_NUMBER,
        dl_attempt=_NUMBER,
        dl_actor={},
    ),
    "RedrivenHeaders": _texts(
        dl_redriven_from={"pattern": _ID, "x-optional": True, "description": "the dead letter it was sent again from"},
        dl_attempt=_NUMBER | {"x-optional": True},
        dl_timestamp=_NUMBER | {"x-optional": True, "description": "when it first arrived, epoch ms"},
    ),
    "Anything": {"description": "The bytes as they were received, whatever they are."},
    "Reserved": {"type": "object", "description": "Not written by this version; its form is still open."},
    "StoredState": {
        "type": "string",
        "format": "binary",
        "description": "One version byte, eight bytes with the next timer's due time (big-endian epoch ms, 0 = none), "
        "MessagePack. For Churnwatch itself; ask a worker's /state/{customer} for a readable form.",
    },
    "Nothing": {"type": "string", "maxLength": 0, "description": "No bytes: everything is in the headers."},
    "Tombstone": {"type": "null"},
}
