"""The API's document: of the routes as they are, as committed, and true of what is answered."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
import yaml
from jsonschema import Draft202012Validator

from stream.config import load
from stream.desk.web.application import titles
from stream.desk.web.openapi import as_yaml, document
from stream.desk.web.routes import TABLE
from stream.rules.registry import discover
from stream.settings.desk_web import talk_of

COMMITTED = Path(__file__).parents[3] / "deploy" / "docs" / "openapi.yaml"
API = [route for route in TABLE if route.is_api]


def test_the_committed_document_is_the_generated_one():
    assert COMMITTED.read_text(encoding="utf-8") == as_yaml(TABLE), (
        "run: churnwatch openapi --output deploy/docs/openapi.yaml"
    )


def test_the_document_has_every_route_of_the_api_and_no_other():
    said = {(method.upper(), path) for path, found in document(TABLE)["paths"].items() for method in found}
    assert said == {(route.method, route.path) for route in API}
    assert len(said) >= 14


def test_every_reference_leads_somewhere():
    made = document(TABLE)
    for name in re.findall(r"#/components/schemas/([\w.-]+)", as_yaml(TABLE)):
        assert name in made["components"]["schemas"]


def test_operations_and_paths_are_named_once():
    names = [route.name for route in TABLE]
    assert len(names) == len(set(names))
    assert len({(route.method, route.path) for route in TABLE}) == len(TABLE)


def validator(schema):
    return Draft202012Validator({**schema, "components": document(TABLE)["components"]})


@pytest.mark.parametrize("route", [r for r in API if r.method == "GET" and r.gives is not None], ids=lambda r: r.name)
async def test_what_is_answered_is_what_the_document_says(who, workers, route):
    workers.known["c1"] = {"customer_id": "c1", "time": "x", "standing": {}, "rules": [{"kind": "a", "verdict": "off"}]}
    browser = await who("m-1")
    answer = await browser.get(route.path.format(customer_id="c1", endpoint_id="ep1"))
    assert answer.status == 200
    responses = document(TABLE)["paths"][route.path]["get"]["responses"]
    faults = list(validator(responses["200"]["content"]["application/json"]["schema"]).iter_errors(await answer.json()))
    assert [fault.message for fault in faults] == []


TAKES = [route for route in API if route.takes is not None]


@pytest.mark.parametrize("route", TAKES, ids=lambda r: r.name)
def test_every_request_has_examples_that_fit_the_schema_and_are_read(route):
    body = document(TABLE)["paths"][route.path][route.method.lower()]["requestBody"]["content"]["application/json"]
    assert body["examples"]
    for name, example in body["examples"].items():
        assert [fault.message for fault in validator(body["schema"]).iter_errors(example["value"])] == [], name
        msgspec.convert(example["value"], route.takes, strict=True)
    wrong = {**next(iter(body["examples"].values()))["value"], "action_id": 1, "list_id": 1, "endpoint_id": 1}
    assert list(validator(body["schema"]).iter_errors(wrong)), "the schema refuses something"


async def test_faults_are_what_the_document_says(who):
    browser = await who("rm-1")
    check = validator(document(TABLE)["components"]["schemas"]["Fault"])
    for path, status in (("/api/v1/customers/c4", 404), ("/api/v1/approvals", 403), ("/api/v1/worklist?limit=x", 400)):
        answer = await browser.get(path)
        assert answer.status == status
        assert list(check.iter_errors(await answer.json())) == []


async def test_the_document_is_served(who):
    served = await (await (await who()).get("/api/v1/openapi.json")).json()
    assert served == yaml.safe_load(COMMITTED.read_text(encoding="utf-8"))


def test_there_is_something_to_say_about_every_kind():
    talks = load(env={}).desk.talk
    assert set(talks) - {"default"} <= set(discover()) == set(titles())
    assert all(talk_of(talks, kind, None).say is not None for kind in titles())


def test_what_to_say_differs_by_class():
    talks = load(env={}).desk.talk
    key, mass = talk_of(talks, "balance_drop", "key"), talk_of(talks, "balance_drop", "mass")
    assert key.say == mass.say
    assert key.offer != mass.offer
