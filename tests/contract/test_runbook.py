"""What the runbook tells people to type exists, and every section that it points at, too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.documents import anchors, assert_command, assert_setting, commands, settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "deploy" / "docs" / "runbook.md").read_text(encoding="utf-8")
COMMANDS, SETTINGS = commands(TEXT), settings(TEXT)


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_exists_with_its_options(line):
    assert_command(line)


def test_there_are_commands_and_settings():
    assert len(COMMANDS) > 40
    assert len(SETTINGS) > 15


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_exists(name):
    assert_setting(name)


def test_what_it_points_at_is_there():
    assert set(re.findall(r"\]\(#([\w-]+)\)", TEXT)) <= anchors(TEXT)
    for path in re.findall(r"`(deploy/[\w./]+)`", TEXT):
        assert (ROOT / path).exists(), path
