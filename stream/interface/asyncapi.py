"""The whole interface as one AsyncAPI 3 document, made from the topics' table, the structs and the settings."""

from __future__ import annotations

from typing import Any

from stream.domain.events import TYPES
from stream.interface import examples
from stream.interface.classification import MARK, highest, of_message
from stream.interface.schemas import schemas
from stream.topics import DAY_MS, HOPS, INPUTS, TABLE, Topic

VERSION = "1.2.0"
"""Of the interface, not of the program: raised by hand, the first number where a reader or a producer must change."""

_JSON, _BYTES = "application/json", "application/octet-stream"
_TITLE = "Churnwatch"
_ABOUT = """\
Early warning of customers about to leave: events in, alerts out, on Kafka.

Records of every customer-keyed topic go to the partition that the Java client's default partitioner chooses for the
customer id (murmur2), and all these topics have the same number of partitions. Values are UTF-8 JSON; unknown fields
are allowed; what cannot be read goes to `dead-letters` and stops nobody. Money is a number or a decimal string in
units of its currency; a time is RFC 3339 with an offset, or epoch milliseconds.

Read `alerts` with isolation level read_committed: each alert is then there exactly once. Who reads uncommitted may
see one of an aborted transaction, and dedupes on ce_id. Topic names may carry a configured prefix.

Every field, message and channel is classified (x-classification): `internal`, `staff` (about people who work for us),
`personal` (about a customer, by an id or by what they did), `direct` (a name, a number, free text). Where
`privacy.pseudonymise` says so, customer_id, episode_id, alert_id, causes and the key of `alerts` are pseudonyms, and
the header `cw_sealed` holds the true ids, encrypted; such records lie in the partition of the true id.
"""
_SENT = (
    *HOPS,
    "alerts",
    "feedback",
    "contacts",
    "staff",
    "settings",
    "dead-letters",
    "workers",
    "state-changelog",
    "examples",
    "models",
)
_READ = (*INPUTS, "staff", "control", "settings", "models", "workers", "state-changelog", "examples")


def document() -> dict[str, Any]:
    """Return the AsyncAPI document; the same for the same build."""
    messages, made = _messages(), schemas()
    for message in (message for some in messages.values() for message in some.values()):
        message[MARK] = of_message(message, made)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": _TITLE,
            "version": VERSION,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": _JSON,
        "servers": {
            "kafka": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "description": "Kafka 3.7 or newer",
                "variables": {"bootstrap": {"description": "host:port", "default": "localhost:9092"}},
            }
        },
        "channels": {topic.name: _channel(topic, messages[topic.name]) for topic in TABLE},
        "operations": _operations(),
        "components": {
            "messages": {_component(topic, name): made for topic in messages for name, made in messages[topic].items()},
            "schemas": made,
        },
    }


def as_yaml() -> str:
    """Return the document as YAML."""
    import yaml

    return yaml.dump(document(), Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=100)


def _dumper() -> Any:
    """Return a dumper without anchors, and with blocks for texts of several lines."""
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: Any, value: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    Dumper.add_representer(str, text)
    return Dumper


def _component(topic: str, name: str) -> str:
    return f"{topic}.{name}"


def _channel(topic: Topic, messages: dict[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = {"cleanup.policy": [topic.cleanup]}
    if topic.retention_ms is not None:
        config["retention.ms"] = topic.retention_ms
    kafka: dict[str, Any] = {"topic": topic.name, "topicConfiguration": config, "bindingVersion": "0.5.0"}
    if topic.partitions is not None:
        kafka["partitions"] = topic.partitions
    about = f"{topic.carries[:1].upper()}{topic.carries[1:]}. Key: {topic.key}. Kept: {_kept(topic)}."
    return {
        "address": topic.name,
        "title": topic.name,
        "description": about,
        MARK: highest(message[MARK] for message in messages.values()),
        "messages": {name: {"$ref": f"#/components/messages/{_component(topic.name, name)}"} for name in messages},
        "bindings": {"kafka": kafka},
    }


def _kept(topic: Topic) -> str:
    if topic.retention_ms is not None:
        return f"{topic.retention_ms // DAY_MS} days, then deleted by age"
    return "the latest value of each key, until it is replaced or deleted by a null"


def _operations() -> dict[str, Any]:
    made = {}
    for action, topics in (("receive", _READ), ("send", _SENT)):
        for topic in topics:
            made[f"{action}-{topic}"] = {"action": action, "channel": {"$ref": f"#/channels/{topic}"}}
    return made


def _messages() -> dict[str, dict[str, Any]]:
    """Return topic -> name -> message."""
    made = {topic: {kind.__name__: _event(topic, kind.__name__)} for topic, kind in TYPES.items()}
    made["customers"]["Forget"] = _tombstone("everything known about the customer is forgotten")
    made["workers"] = {
        "Worker": _message("Worker", "A worker's address and shards", examples=[{"payload": examples.WORKER}]),
        "Gone": _tombstone("the worker has ended"),
    }
    made["settings"] = {
        "RuleOverride": _message(
            "RuleOverride",
            "Parameters of a rule that replace the configured ones (key rule/ + rule)",
            examples=[{"payload": examples.RULE_OVERRIDE}],
        ),
        "SilenceRecord": _message(
            "SilenceRecord",
            "Warnings that nobody is told of for a while (key silence/ + id)",
            examples=[{"payload": examples.SILENCE}],
        ),
        "ModelPin": _message(
            "ModelPin",
            "The snapshot that scores, whatever is newer (key model/pin)",
            examples=[{"payload": examples.PIN}],
        ),
        "ModelChampion": _message(
            "ModelChampion",
            "The candidate that scores, in place of the snapshot's own (key model/champion)",
            examples=[{"payload": examples.CHAMPION}],
        ),
        "Lifted": _tombstone("the configuration holds again, the silence is over, the newest snapshot scores"),
    }
    made["models"] = {
        "Snapshot": _message(
            "Snapshot",
            "A published model (key: its version), at most 900 kB",
            examples=[{"payload": examples.SNAPSHOT}],
        ),
        "Retired": _tombstone("the snapshot is kept no longer"),
    }
    made["examples"] = {
        "Example": _message(
            "Example",
            "A customer's features at a cut-off, and what is known of them since",
            examples=[{"payload": examples.TRAINING}],
        ),
    }
    made["alerts"] = {
        "Alert": _message(
            "Alert",
            "A warning was opened, updated, resolved, closed, or has expired",
            headers="AlertHeaders",
            examples=[{"headers": examples.ALERT_HEADERS, "payload": examples.ALERT}],
        ),
        "DeskAlert": _message(
            "DeskAlert",
            "The desk says that a warning was acknowledged, escalated or closed; at least once, with the same id",
            headers="AlertHeaders",
            examples=[{"headers": examples.DESK_ALERT_HEADERS, "payload": examples.DESK_ALERT}],
        ),
        "TestAlert": _message("TestAlert", "To check a receiver", headers="ProbeHeaders"),
        "Heartbeat": _message("Heartbeat", "Proof of life", headers="ProbeHeaders"),
    }
    made["dead-letters"] = {
        "DeadLetter": _message(
            "Anything",
            "A record as it was received, with where it came from and why it was refused",
            headers="DeadLetterHeaders",
            content=_BYTES,
            examples=[{"headers": examples.DEAD_LETTER_HEADERS}],
        ),
        "RedriveReceipt": _message(
            "Nothing",
            "A dead letter's record was sent again, in the same transaction",
            headers="RedriveReceiptHeaders",
            content=_BYTES,
            examples=[{"headers": examples.RECEIPT_HEADERS}],
        ),
    }
    made["state-changelog"] = {
        "State": _message("StoredState", "A customer's state (key c/ + customer id)", content=_BYTES),
        "Waiting": _message(
            "StoredState", "A customer's cut-offs that wait for their labels (key p/ + customer id)", content=_BYTES
        ),
        "ShardMeta": _message("ShardMeta", "A shard's clock and positions (key m/shard)"),
        "Forgotten": _tombstone("the customer was forgotten"),
    }
    for topic in TABLE:
        made.setdefault(topic.name, {"Reserved": _message("Reserved", f"{topic.carries}: not written yet")})
    return made


def _event(topic: str, schema: str) -> dict[str, Any]:
    about = (TYPES[topic].__doc__ or "").split("\n")[0].split(". ")[0].rstrip(".")
    given = [{"payload": dict(example)} for example in examples.EVENTS[topic]]
    headers = "RedrivenHeaders" if topic in (*INPUTS, "control") else None
    return _message(schema, about, headers=headers, examples=given)


def _message(
    schema: str,
    summary: str,
    *,
    headers: str | None = None,
    content: str = _JSON,
    examples: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    made: dict[str, Any] = {"summary": summary, "contentType": content}
    if headers is not None:
        made["headers"] = {"$ref": f"#/components/schemas/{headers}"}
    made["payload"] = {"$ref": f"#/components/schemas/{schema}"}
    if examples:
        made["examples"] = [dict(example) for example in examples]
    return made


def _tombstone(summary: str) -> dict[str, Any]:
    return _message("Tombstone", f"No value: {summary}")
