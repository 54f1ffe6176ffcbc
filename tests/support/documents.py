"""What a document tells people to type, to set and to open: taken out of its Markdown, and looked for."""

from __future__ import annotations

import re
import shlex
from typing import Any

from typer.main import get_command

from stream.cli.commands import build
from stream.config import Settings, load

PREFIXES = tuple(f"{name}." for name in Settings.model_fields if name not in ("rules", "classes"))


def commands(text: str) -> list[str]:
    """Return the commands named, inline or on lines of their own, without what a shell adds."""
    named = {one for one in inline(text) if one.startswith("churnwatch ")}
    blocks = "\n".join(re.findall(r"^```(?:\w*)\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL))
    lines = re.findall(r"^churnwatch .*$", blocks.replace("\\\n", " "), flags=re.MULTILINE)
    return sorted(named | {re.split(r"\s+(?:#|\||>)", line)[0].strip() for line in lines})


def settings(text: str) -> list[str]:
    """Return the settings named inline."""
    return sorted({one.split(" ")[0] for one in inline(text) if one.startswith(PREFIXES) and ".db" not in one})


def inline(text: str) -> list[str]:
    """Return what stands between back-quotes."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [" ".join(one.split()) for one in re.findall(r"`([^`]+)`", prose)]


def assert_command(line: str) -> None:
    """A command of this name exists, and has the options."""
    words = [word.strip("[]") for word in shlex.split(line.replace("…", "TEXT"))[1:] if word not in ("|", "...")]
    command: Any = get_command(build())
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        assert words[0] in command.commands, f"no command: {words[0]}"
        command, words = command.commands[words[0]], words[1:]
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in words if word.startswith("-") and word != "-"} <= {*options, "--help"}, line


def assert_setting(name: str) -> None:
    """There is a setting, or a section, of this name; NAME_file stands for a secret NAME."""
    value: object = load(env={})
    for part in re.sub(r"[:=].*", "", name).split("."):
        assert hasattr(value, part) or hasattr(value, part.removesuffix("_file")), name
        value = getattr(value, part, "")


def anchors(text: str) -> set[str]:
    """Return the anchors of a document's headings."""
    titles = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}
