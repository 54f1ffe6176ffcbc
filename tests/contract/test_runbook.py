"""What the runbook tells people to type exists, and every section that it points at, too."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from stream.cli.commands import build
from stream.config import Settings, load

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "deploy" / "docs" / "runbook.md").read_text(encoding="utf-8")
CODE = [" ".join(one.split()) for one in re.findall(r"`([^`]+)`", TEXT)]
COMMANDS = sorted({one for one in CODE if one.startswith("churnwatch ")})
PREFIXES = ("engine.", "policy.", "topics.", "desk.", "model.", "kafka.", "http.", "business.")
SETTINGS = sorted({one.split(" ")[0] for one in CODE if one.startswith(PREFIXES) and not one.startswith("desk.db")})


def found(words: list[str]) -> tuple[Any, list[str]]:
    """Return the command that words name, and the words left."""
    command: Any = get_command(build())
    while hasattr(command, "commands"):
        assert words and words[0] in command.commands, f"no command: {words[:1]}"
        command, words = command.commands[words[0]], words[1:]
    return command, words


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_exists_with_its_options(line):
    words = [word.strip("[]") for word in shlex.split(line.replace("…", "TEXT"))[1:] if word not in ("|", "...")]
    command, left = found(words)
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in left if word.startswith("-")} <= options


def test_there_are_commands_and_settings():
    assert len(COMMANDS) > 40
    assert len(SETTINGS) > 15


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_exists(name):
    value: object = load(env={})
    assert isinstance(value, Settings)
    for part in re.sub(r"[:=].*", "", name).split("."):
        assert hasattr(value, part), name
        value = getattr(value, part)


def test_what_it_points_at_is_there():
    titles = re.findall(r"^#+ (.+)$", TEXT, flags=re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#([\w-]+)\)", TEXT)) <= anchors
    for path in re.findall(r"`(deploy/[\w./]+)`", TEXT):
        assert (ROOT / path).exists(), path
