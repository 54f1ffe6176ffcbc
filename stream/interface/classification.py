"""How sensitive each field on the topics is: what to mask, whom to let read, what a request for erasure reaches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args

Level = Literal["internal", "staff", "personal", "direct"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""From least to most sensitive.

`internal`: how the house runs, nobody in particular. `staff`: about people who work there. `personal`: about a
customer, by an id or what they did; a pseudonym changes nothing of that. `direct`: tells at sight who it is, or free
text that may.
"""

MARK = "x-classification"

_PERSONAL = (
    "Alert", "AlertHeaders", "Answer", "Balance", "Change", "Complaint", "Contact", "Counterparty", "Customer",
    "DeskAlert", "Example", "Feedback", "Forwarding", "GroupSignal", "GroupWarning", "NextStep", "Product", "Rank",
    "ScoreReason", "ServiceEvent", "SilenceArguments", "SilenceRecord", "StoredState", "Transaction",
    "Treatment", "Words",
)  # fmt: skip
_INTERNAL = (
    "Arm", "Expert", "Forest", "Grades", "Heartbeat", "HeartbeatArguments", "Linear", "ModelChampion",
    "ModelDriftArguments", "ModelPin", "Nothing", "PinModelArguments", "ProbeHeaders", "PromoteModelArguments",
    "PublishModelArguments", "Quality", "RedriveReceiptHeaders", "RedrivenHeaders", "Reserved", "ResetRuleArguments",
    "RollbackModelArguments", "RuleOverride", "SetRuleArguments", "ShardMeta", "Snapshot", "Span", "Stack", "Term",
    "TestAlert", "TestAlertArguments", "Tombstone", "Tree", "UnpinModelArguments", "UnsilenceArguments", "Worker",
)  # fmt: skip
_SCHEMAS: Mapping[str, Level] = {
    **dict.fromkeys(_PERSONAL, "personal"),
    **dict.fromkeys(_INTERNAL, "internal"),
    "Anything": "direct",  # a refused record may be anything that was sent
    "Control": "staff",
    "DeadLetterHeaders": "internal",
    "Staff": "staff",
}
_STAFF = frozenset(
    {"actor", "by", "dl_actor", "staff_id", "rm_id", "rm", "deputy_id", "successor_ids", "manager_id", "routes"}
)
_FIELDS: Mapping[tuple[str, str], Level] = {
    ("Customer", "name"): "direct",
    ("Customer", "phone"): "direct",
    ("Forwarding", "target_number"): "direct",
    ("Complaint", "text"): "direct",
    ("Complaint", "subject"): "direct",
    ("Feedback", "text"): "direct",
    ("Control", "arguments"): "personal",
    ("DeadLetterHeaders", "dl_message"): "direct",  # may quote what was wrong
}


def mark(schemas: dict[str, Any]) -> dict[str, Any]:
    """Return schemas with each property marked; one that refers to another schema is as that one.

    Raises:
        KeyError: a schema that nobody has classified.
    """
    for name, schema in schemas.items():
        level = _SCHEMAS[name]
        if "properties" not in schema:
            schema[MARK] = level
            continue
        for key, field in schema["properties"].items():
            if "$ref" not in field:
                schema["properties"][key] = {**field, MARK: level_of(name, key)}  # forms are shared
    return schemas


def level_of(schema: str, field: str) -> Level:
    """Return how sensitive a field is."""
    return _FIELDS.get((schema, field)) or ("staff" if field in _STAFF else _SCHEMAS[schema])


def highest(levels: Iterable[Level]) -> Level:
    """Return the most sensitive; nothing at all is internal."""
    return max(levels, key=LEVELS.index, default="internal")


def of_message(message: Mapping[str, Any], schemas: Mapping[str, Any]) -> Level:
    """Return how sensitive a message is: its key, headers and payload with all that they refer to."""
    names = [message[part]["$ref"].rsplit("/", 1)[1] for part in ("payload", "headers") if part in message]
    return highest(level for name in names for level in _within(name, schemas, set()))


def _within(name: str, schemas: Mapping[str, Any], seen: set[str]) -> list[Level]:
    if name in seen:
        return []
    seen.add(name)
    found: list[Level] = []
    pending: list[Any] = [schemas[name]]
    while pending:
        node = pending.pop()
        if isinstance(node, Mapping):
            if isinstance(node.get("$ref"), str):
                found += _within(node["$ref"].rsplit("/", 1)[1], schemas, seen)
            if MARK in node:
                found.append(node[MARK])
            pending += node.values()
        elif isinstance(node, list):
            pending += node
    return found
