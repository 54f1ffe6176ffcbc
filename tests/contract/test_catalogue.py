"""The catalogue of warnings says what the rules say."""

from __future__ import annotations

from pathlib import Path

from stream.config import load
from stream.interface.catalogue import catalogue
from stream.rules.registry import discover

COMMITTED = Path(__file__).parents[2] / "deploy" / "docs" / "warnings.md"


def test_the_committed_catalogue_is_the_generated_one():
    assert COMMITTED.read_text(encoding="utf-8") == catalogue(load(env={})), (
        "churnwatch rules document --output deploy/docs/warnings.md"
    )


def test_every_rule_has_its_section_with_its_parameters_and_both_languages():
    text = catalogue(load(env={}))
    for name, rule in discover().items():
        section = text.split(f"## {name}\n")[1].split("\n## ")[0]
        told = set(rule.Params.model_fields) - {"enabled", "shadow"}
        assert all(f"| `{parameter}` |" in section for parameter in told)
        assert rule.texts["zh"].title in section


def test_figures_stand_by_name_without_their_format():
    text = catalogue(load(env={}))
    assert "{floor}" in text
    assert ":,.0f}" not in text
