"""The tutorial, gone through: its events, rule, section and tests are taken out of the document and used."""

from __future__ import annotations

import re
import sys
import tomllib
from functools import partial
from pathlib import Path

import pytest
import support.timeline as timeline
from typer.testing import CliRunner

import stream.rules
from stream.cli.commands import build

TEXT = (Path(__file__).parents[2] / "deploy" / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
EVENTS, RULE, UNIT, LIFE = (code for language, code in BLOCKS if language == "python")
[SECTION] = [code for language, code in BLOCKS if language == "toml"]
[SHOWN] = [code for language, code in BLOCKS if language == "text"]
MODULE = "stream.rules.many_returns"


@pytest.fixture
def rule(tmp_path, monkeypatch):
    """Put the rule's file where the registry looks, and its section where the timelines and commands find it."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "many_returns.py").write_text(RULE, encoding="utf-8")
    (tmp_path / "own.toml").write_text(SECTION, encoding="utf-8")
    monkeypatch.setattr(stream.rules, "__path__", [*stream.rules.__path__, str(tmp_path / "rules")])
    monkeypatch.setattr(timeline, "run", partial(timeline.run, **tomllib.loads(SECTION)))
    monkeypatch.chdir(tmp_path)
    yield
    sys.modules.pop(MODULE, None)
    vars(stream.rules).pop("many_returns", None)


def test_its_unit_tests_pass(rule):
    names: dict[str, object] = {}
    exec(UNIT, names)
    tests = [test for name, test in names.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        test()


def test_its_life_makes_the_rule_open_and_resolve(rule):
    names: dict[str, object] = {}
    exec(LIFE, names)
    assert [state for state, _ in timeline.run(names["life"]()).story("many_returns")] == ["opened", "resolved"]


@pytest.mark.parametrize(("more", "first"), [((), "2025-03-07"), (("--set", "share=0.2"), "2025-03-06")])
def test_the_command_shows_what_the_tutorial_says(rule, more, first):
    exec(EVENTS, {})
    told = CliRunner().invoke(
        build(), ["rules", "test", "many_returns", "--input", "orders.jsonl", "--config", "own.toml", *more]
    )
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith(first)
    assert more or told.stdout == SHOWN


def test_an_absurd_parameter_is_refused(rule):
    told = CliRunner().invoke(
        build(), ["rules", "test", "many_returns", "--input", "x.jsonl", "--config", "own.toml", "--set", "share=7"]
    )
    assert told.exit_code != 0
    assert "at most 1" in told.output
