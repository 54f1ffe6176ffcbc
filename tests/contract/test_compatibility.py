"""Nothing that others rely on breaks between two releases. The rules: `deploy/docs/interfaces.md`.

With a release `PYTHONPATH=tests python tests/contract/test_compatibility.py` keeps the documents as they are then. A
breaking change needs a higher first number of the document's version, and a line in the changelog.
"""

from __future__ import annotations

import copy
import gzip
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from support import compatible
from support.compatible import GIVES, TAKES

from stream.desk.web.openapi import document as openapi
from stream.desk.web.routes import TABLE as ROUTES
from stream.interface.asyncapi import document as asyncapi
from stream.topics import BY_NAME

RELEASED = Path(__file__).parents[1] / "data" / "interfaces.json.gz"
Change = Callable[[dict[str, Any]], None]


@cache
def today() -> dict[str, Any]:
    """Both documents as this build makes them."""
    made = {"asyncapi": asyncapi(), "openapi": openapi(ROUTES)}
    return compatible.bare(orjson.loads(orjson.dumps(made)))  # type: ignore[no-any-return]


@cache
def released() -> dict[str, Any]:
    return orjson.loads(gzip.decompress(RELEASED.read_bytes()))  # type: ignore[no-any-return]


def sides(topic: str) -> tuple[str, ...]:
    """A newer build reads what lies in the topic from an older one, or what a producer sends; a reader, what it was
    promised."""
    return (TAKES, GIVES) if "reader" in BY_NAME[topic].read_by else (TAKES,)


def faults(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    found = []
    if _first(old, "asyncapi") == _first(new, "asyncapi"):
        found += compatible.asyncapi(old["asyncapi"], new["asyncapi"], sides)
    if _first(old, "openapi") == _first(new, "openapi"):
        found += compatible.openapi(old["openapi"], new["openapi"])
    return found


def _first(documents: dict[str, Any], name: str) -> str:
    return documents[name]["info"]["version"].partition(".")[0]  # type: ignore[no-any-return]


def test_today_breaks_nothing_of_the_last_release() -> None:
    assert faults(released(), today()) == []


def test_what_was_released_is_complete_and_small() -> None:
    assert set(released()["asyncapi"]["channels"]) <= set(BY_NAME)
    assert len(released()["asyncapi"]["channels"]) >= 17
    assert len(released()["openapi"]["paths"]) >= 14
    assert RELEASED.stat().st_size < 40_000


def _schema(documents: dict[str, Any], name: str) -> dict[str, Any]:
    return documents["asyncapi"]["components"]["schemas"][name]  # type: ignore[no-any-return]


def _answer(documents: dict[str, Any], name: str) -> dict[str, Any]:
    return documents["openapi"]["components"]["schemas"][name]  # type: ignore[no-any-return]


def _field(name: str, field: str, to: dict[str, Any]) -> Change:
    def change(documents: dict[str, Any]) -> None:
        _schema(documents, name)["properties"][field] = to

    return change


def _enumeration(documents: dict[str, Any], name: str, field: str) -> list[Any]:
    node = _schema(documents, name)["properties"][field]
    while "enum" not in node:
        if "$ref" in node:
            node = _schema(documents, node["$ref"].rsplit("/", 1)[1])
        else:
            node = next(each for each in node["anyOf"] if "enum" in each or "$ref" in each)
    return node["enum"]  # type: ignore[no-any-return]


ORDER = "/api/v1/worklist"
BREAKS: dict[str, Change] = {
    "a topic is gone": lambda d: d["asyncapi"]["channels"].pop("contacts"),
    "a message is gone": lambda d: d["asyncapi"]["channels"]["customers"]["messages"].pop("Forget"),
    "clean-up changes": lambda d: d["asyncapi"]["channels"]["customers"]["bindings"]["kafka"][
        "topicConfiguration"
    ].update({"cleanup.policy": ["delete"]}),
    "a field that producers send is gone": lambda d: _schema(d, "Transaction")["properties"].pop("category"),
    "a field is demanded of producers": lambda d: _schema(d, "Transaction")["required"].append("category"),
    "a new field is demanded of producers": lambda d: (
        _schema(d, "Balance")["properties"].update(fresh={"type": "string"}),
        _schema(d, "Balance")["required"].append("fresh"),
    ),
    "a field gets another type": _field("Transaction", "event_id", {"type": "integer"}),
    "null is not taken any more": _field("Transaction", "category", {"type": "string"}),
    "a value that producers send is not taken": lambda d: _enumeration(d, "Complaint", "status").remove("disputed"),
    "a text may be less long": lambda d: _schema(d, "Transaction")["properties"]["event_id"].update(maxLength=3),
    "a text must be longer": lambda d: _schema(d, "Transaction")["properties"]["event_id"].update(minLength=30),
    "a text must look otherwise": lambda d: _schema(d, "Transaction")["properties"]["event_id"].update(pattern="^e"),
    "a default changes": _field("Alert", "storm_id", {"anyOf": [{"type": "string"}, {"type": "null"}], "default": "x"}),
    "a field of alerts is gone": lambda d: _schema(d, "Alert")["properties"].pop("priority"),
    "a field of alerts is not always there": lambda d: _schema(d, "Alert")["required"].remove("alert_id"),
    "a field of alerts gets another type": _field("Alert", "alert_id", {"type": "integer"}),
    "a field of alerts may be null": _field("Alert", "alert_id", {"type": ["string", "null"]}),
    "alerts have a field that old ones lack": lambda d: (
        _schema(d, "Alert")["properties"].update(fresh={"type": "string"}),
        _schema(d, "Alert")["required"].append("fresh"),
    ),
    "alerts have a value that no reader knows": lambda d: _enumeration(d, "Alert", "severity").append("fatal"),
    "alerts lack a header": lambda d: _schema(d, "AlertHeaders")["required"].remove("ce_id"),
    "a route is gone": lambda d: d["openapi"]["paths"].pop(ORDER),
    "a parameter is gone": lambda d: d["openapi"]["paths"][ORDER]["get"]["parameters"].pop(),
    "a parameter is demanded": lambda d: d["openapi"]["paths"][ORDER]["get"]["parameters"].append(
        {"name": "fresh", "in": "query", "required": True, "schema": {"type": "string"}}
    ),
    "a status is gone": lambda d: d["openapi"]["paths"][ORDER]["get"]["responses"].pop("200"),
    "an answer lacks a field": lambda d: _answer(d, "Fault")["properties"].pop("detail"),
    "a request demands a field": lambda d: (
        _answer(d, "Bulk")["properties"].update(fresh={"type": "string"}),
        _answer(d, "Bulk")["required"].append("fresh"),
    ),
}

ALLOWED: dict[str, Change] = {
    "nothing": lambda d: None,
    "a topic is added": lambda d: d["asyncapi"]["channels"].update(fresh=d["asyncapi"]["channels"]["contacts"]),
    "a field with a default is added for producers": lambda d: _schema(d, "Transaction")["properties"].update(
        fresh={"type": "string", "default": ""}
    ),
    "a field with a default is added to alerts": lambda d: _schema(d, "Alert")["properties"].update(
        fresh={"type": "string", "default": ""}
    ),
    "a field is not demanded of producers any more": lambda d: _schema(d, "Transaction")["required"].remove("amount"),
    "a value is taken that was not": lambda d: _enumeration(d, "Complaint", "status").append("parked"),
    "a text may be longer": lambda d: _schema(d, "Transaction")["properties"]["event_id"].update(maxLength=10_000),
    "words change": lambda d: _schema(d, "Alert").update(description="other words", title="Other"),
    "a route is added": lambda d: d["openapi"]["paths"].update({"/api/v1/fresh": d["openapi"]["paths"][ORDER]}),
    "a parameter is added": lambda d: d["openapi"]["paths"][ORDER]["get"]["parameters"].append(
        {"name": "fresh", "in": "query", "schema": {"type": "string"}}
    ),
    "an answer has a field more": lambda d: _answer(d, "Fault")["properties"].update(fresh={"type": "string"}),
}


def changed(change: Change) -> dict[str, Any]:
    documents = copy.deepcopy(today())
    change(documents)
    return documents


@pytest.mark.parametrize("change", BREAKS.values(), ids=BREAKS)
def test_a_breaking_change_is_found(change: Change) -> None:
    assert faults(today(), changed(change)) != []


@pytest.mark.parametrize("change", ALLOWED.values(), ids=ALLOWED)
def test_an_allowed_change_passes(change: Change) -> None:
    assert faults(today(), changed(change)) == []


@pytest.mark.parametrize(("name", "change"), [("asyncapi", "a topic is gone"), ("openapi", "a route is gone")])
def test_a_higher_first_number_may_break(name: str, change: str) -> None:
    documents = changed(BREAKS[change])
    documents[name]["info"]["version"] = "99.0.0"
    assert faults(today(), documents) == []


if __name__ == "__main__":
    RELEASED.write_bytes(gzip.compress(orjson.dumps(today(), option=orjson.OPT_SORT_KEYS), mtime=0))
