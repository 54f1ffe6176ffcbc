"""`churnwatch rules`: the catalogue as an analyst reads it."""

from __future__ import annotations

import orjson
import pytest
from support.timeline import at, flat, steady
from typer.testing import CliRunner

from stream.cli import rules
from stream.config import load
from stream.ops import rulebook
from stream.rules.registry import RegistryError, discover


def call(*arguments):
    return CliRunner().invoke(rules.app, [str(argument) for argument in arguments])


@pytest.fixture
def drained(tmp_path):
    """A file in which one customer's balance drains and another's is forwarded."""
    file = tmp_path / "events.jsonl"
    lines = [
        *steady("c1", 100_000),
        at("2025-03-02 10:00").pays("c1", 80_000),
        at("2025-03-02 10:01").balance("c1", 20_000),
        at("2025-03-02 11:00").forwarding("c2", "unconditional", "rival"),
    ]
    file.write_bytes(b"\n".join(line.encode() for line in flat(lines)))
    return file


def test_every_rule_is_listed_with_its_mode(tmp_path):
    config = tmp_path / "c.toml"
    config.write_text("[rules.balance_drop]\nshadow = true\n[rules.serious_complaint]\nenabled = false\n")
    listed = {entry["name"]: entry for entry in orjson.loads(call("list", "--json", "--config", config).stdout)}
    assert set(listed) == set(discover())
    assert [listed[n]["mode"] for n in ("balance_drop", "call_forwarding_off_net", "serious_complaint")] == [
        "shadow", "on", "off",
    ]  # fmt: skip
    shown = call("list", "--config", config).stdout
    assert all(name in shown for name in listed)
    assert "\x1b" not in shown


def test_the_list_speaks_chinese_where_asked():
    assert "余额骤降" in call("list", "--zh").stdout


@pytest.mark.parametrize("name", sorted(discover()))
def test_every_rule_explains_practice_parameters_and_words(name):
    rule = discover()[name]
    shown = " ".join(call("explain", name).stdout.split())
    assert rule.texts["en"].title in shown
    assert rule.texts["zh"].title in shown
    assert all(parameter in shown for parameter in rule.Params.model_fields)
    told = orjson.loads(call("explain", name, "--json").stdout)
    assert told["practice"] == rule.practice
    assert [p["name"] for p in told["parameters"]][-3:] == ["enabled", "shadow", "likelihood"]
    assert all(p["meaning"] for p in told["parameters"])


def test_a_parameter_that_differs_from_the_default_is_told_with_both(tmp_path):
    config = tmp_path / "c.toml"
    config.write_text("[rules.balance_drop]\nmin_share = 0.45\n")
    told = orjson.loads(call("explain", "balance_drop", "--json", "--config", config).stdout)
    [share] = [p for p in told["parameters"] if p["name"] == "min_share"]
    assert (share["value"], share["default"], share["allowed"]) == (0.45, 0.3, "above 0, at most 1")


@pytest.mark.parametrize("command", [("explain", "balance_dorp"), ("test", "balance_dorp", "--input", "x")])
def test_an_unknown_rule_names_those_there_are(command):
    done = call(*command)
    assert done.exit_code == 2
    assert "no rule balance_dorp; there are" in done.stderr
    assert "call_forwarding_off_net" in done.stderr


def test_a_rule_is_tried_alone(drained):
    done = call("test", "balance_drop", "--input", drained)
    assert done.exit_code == 0, done.stderr
    assert "c1  opened  critical" in done.stdout
    assert "c2" not in done.stdout
    assert "balance_drop: 1 opened for 1 of 2 customers" in done.stderr


def test_a_rule_is_tried_with_other_parameters_and_on_trial_or_off_it_still_speaks(drained, tmp_path):
    config = tmp_path / "c.toml"
    config.write_text("[rules.balance_drop]\nenabled = false\nshadow = true\n")
    assert "1 opened" in call("test", "balance_drop", "--input", drained, "--config", config).stderr
    assert "0 opened" in call("test", "balance_drop", "--input", drained, "--set", "min_share=0.9").stderr


def test_what_is_tried_is_given_as_json_and_for_one_customer(drained):
    done = call("test", "balance_drop", "--input", drained, "--json")
    assert [orjson.loads(line)["customer_id"] for line in done.stdout.splitlines()] == ["c1"]
    assert call("test", "balance_drop", "--input", drained, "--json", "--customer", "c2").stdout == ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("min_share", "expected PARAMETER=VALUE"),
        ("min_share=much", "rules.balance_drop.min_share"),
        ("min_share=7", "allowed: above 0, at most 1"),
        ("unheard_of=1", "is not a known key; there are"),
    ],
)
def test_a_wrong_parameter_is_told_with_what_is_allowed(drained, given, said):
    done = call("test", "balance_drop", "--input", drained, "--set", given)
    assert done.exit_code == 2
    assert said in done.stderr


def test_assignments_are_read_as_toml_has_them():
    read = dict(rulebook.assignments(["a=1", "b = 0.5", "c=true", 'd=["x"]', "e=high"]))
    assert read == {"a": 1, "b": 0.5, "c": True, "d": ["x"], "e": "high"}


def test_alone_refuses_what_the_rule_refuses():
    with pytest.raises(RegistryError, match=r"rules\.balance_drop\.spread"):
        rulebook.alone(load(env={}), "balance_drop", {"spread": -1})
