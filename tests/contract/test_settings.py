"""The configuration reference says what the settings say, and shows no secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from stream.config import Settings, load
from stream.interface.settings import reference

COMMITTED = Path(__file__).parents[2] / "deploy" / "docs" / "configuration.md"
TEXT = reference(load(env={}))


def settings(model: type[BaseModel], at: str = "") -> list[tuple[str, str, Any]]:
    """Return the section, name and field of every setting."""
    found = []
    for name, field in model.model_fields.items():
        below = f"{at}.{name}".lstrip(".")
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found += settings(field.annotation, below)
        elif at:
            found.append((at, name, field))
    return found


EVERY = settings(Settings)


def row(section: str, name: str) -> list[str]:
    part = TEXT.split(f"## `[{section}]`\n")[1].split("\n## ")[0]
    (line,) = [line for line in part.splitlines() if line.startswith(f"| `{name}` |")]
    return [cell.strip() for cell in line.replace("\\|", "¦").strip("|").split("|")]


def test_the_committed_reference_is_the_generated_one():
    assert COMMITTED.read_text(encoding="utf-8") == TEXT, "churnwatch settings --output deploy/docs/configuration.md"


@pytest.mark.parametrize(("section", "name", "field"), EVERY, ids=lambda part: part if isinstance(part, str) else "")
def test_a_setting_stands_in_its_section_with_its_meaning(section, name, field):
    _, kind, default, _, meaning = row(section, name)
    assert kind
    assert meaning
    assert (default == "not shown") == (field.annotation is SecretStr)


def test_no_secret_that_is_in_force_is_shown():
    given = {"CHURNWATCH_HTTP__TOKEN": "hunter2-token", "CHURNWATCH_KAFKA__SASL_PASSWORD": "hunter2-password"}
    assert "hunter2" not in reference(load(env=given))


def test_defaults_are_the_shipped_ones_with_their_bounds():
    assert row("engine", "batch_events")[1:4] == ["integer", "`16000`", "1 to 100000"]
    assert row("business", "rates")[2].startswith("`{ USD = 7.1, ")
    assert row("desk.push", "quiet_from")[1:3] == ["time of day", "`20:00`"]
    assert row("desk.notify.bots.NAME", "style")[2:4] == ["required", "wecom, dingtalk"]
