"""Every command's help has an example, and the example is one: it parses as far as the command's own body."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer._click.exceptions import ClickException
from typer.main import get_command

from stream.cli.commands import build

EXAMPLE = re.compile(r"^\s*Example: (churnwatch .+)$", re.MULTILINE)
ROOT = get_command(build())


def commands(command: Any, *path: str) -> Iterator[tuple[str, Any]]:
    yield " ".join(path), command
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, *path, name)


EVERY = dict(commands(ROOT))


def words(example: str) -> list[str]:
    """What a shell would hand to `churnwatch`: up to a pipe or a redirection."""
    return shlex.split(re.split(r"\s[|>]\s", example)[0])[1:]


def parsed(arguments: list[str]) -> str:
    """Have the arguments taken apart and checked, by every command down to the one they name, and return its path."""
    context = ROOT.make_context("churnwatch", list(arguments))
    path = []
    while hasattr(context.command, "commands"):
        name, command, rest = context.command.resolve_command(context, [*context._protected_args, *context.args])
        path.append(name)
        context = command.make_context(name, rest, parent=context)
    return " ".join(path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with every file that an example reads."""
    for example in [each for _, each in EXAMPLES]:
        for word in words(example):
            if word.endswith((".jsonl", ".csv", ".gz", ".toml")) and not word.startswith("/"):
                (tmp_path / word).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


EXAMPLES = [(path, example) for path, command in EVERY.items() for example in EXAMPLE.findall(command.help or "")]


def test_the_walk_finds_the_commands_there_are() -> None:
    assert len(EVERY) > 70
    assert {"worker", "topics widen", "desk-webhooks add", "control silence", "kafka"} <= set(EVERY)


@pytest.mark.parametrize("path", [path for path in EVERY if path])
def test_help_of_each_command_has_an_example_of_that_command(path: str) -> None:
    named = [" ".join(words(example)) for of, example in EXAMPLES if of == path]
    assert named, f"churnwatch {path} --help has no line that begins with Example: churnwatch {path}"
    assert all(f"{example} ".startswith(f"{path} ") for example in named)


@pytest.mark.parametrize(("path", "example"), EXAMPLES)
def test_each_example_parses(path: str, example: str, folder: Path) -> None:
    assert f"{parsed(words(example))} ".startswith(f"{path} ")


@pytest.mark.parametrize(
    "wrong", ["watch --severities critical", "group rewind", "topics widen --to x --prefix y", "rule list"]
)
def test_what_is_no_example_would_be_noticed(wrong: str) -> None:
    with pytest.raises(ClickException):
        parsed(shlex.split(wrong))


def test_the_help_as_a_person_sees_it_has_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert ROOT.main(["group", "rewind", "--help"], standalone_mode=False) in (0, None)
    assert "Example: churnwatch group rewind --to earliest" in capsys.readouterr().out
