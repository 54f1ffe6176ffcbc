"""What the deployment's files say, held against the settings and commands that there are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from typer.main import get_command

from stream.cli.commands import build
from stream.config import Settings, load

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
CONTAINERFILE = DEPLOY / "container" / "Containerfile"
_SECRETS = re.compile(r"/run/secrets/(?:churnwatch/)?")
_SECRET = re.compile(_SECRETS.pattern + r"([\w-]+)")
_TEXTS = {"desk-database-url": "postgresql://user:secret@host/name", "database-url": "postgresql://user:secret@host/n"}


def documents(file: Path) -> list[dict[str, Any]]:
    """Return the documents of a YAML file."""
    return [document for document in yaml.safe_load_all(file.read_text(encoding="utf-8")) if document]


def instructions() -> list[tuple[str, str]]:
    """Return the container file's instructions with what they are given, in their order."""
    text = re.sub(r"^#.*\n", "", CONTAINERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = (line.strip() for line in re.sub(r"\\\n\s*", " ", text).splitlines())
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines if line)]


def image_environment() -> dict[str, str]:
    """Return the settings that are in the image."""
    given = " ".join(rest for name, rest in instructions() if name == "ENV")
    return dict(re.findall(r"(CHURNWATCH_\w+)=(\S+)", given))


def settled(env: Mapping[str, str], secrets: Path, names: Sequence[str], config: Path | None = None) -> Settings:
    """Return the settings of a container with this environment that is given these secrets, and may see no others.

    Raises:
        ConfigError: a variable is no setting.
        AssertionError: a secret is named that the container is not given.
    """
    written = "" if config is None else config.read_text(encoding="utf-8")
    named = {name for text in (*env.values(), written) for name in _SECRET.findall(text)}
    assert named <= set(names), named - set(names)
    secrets.mkdir(exist_ok=True)
    for name in names:
        (secrets / name).write_text(_TEXTS.get(name, "a secret\n"), encoding="utf-8")
    file = None
    if config is not None:
        file = secrets / "settings.toml"
        file.write_text(_SECRETS.sub(f"{secrets}/", written), encoding="utf-8")
    placed = {name: _SECRETS.sub(f"{secrets}/", value) for name, value in env.items()}
    return load(file, image_environment() | placed)


def parse(words: Sequence[str]) -> None:
    """Take words for a command line of ours, without running it.

    Raises:
        KeyError: there is no such command.
        click.UsageError: it takes no such options.
    """
    command: Any = get_command(build())
    left = list(words)
    while hasattr(command, "commands"):
        command, left = command.commands[left[0]], left[1:]
    command.make_context("churnwatch", left)


def version_of_image(image: str) -> str:
    """Return an image's tag.

    Raises:
        AssertionError: it has none, or one that moves with every release.
    """
    name, _, tag = image.rpartition(":")
    assert name, f"{image}: no tag"
    assert tag not in ("latest", "stable", "main"), image
    return tag
