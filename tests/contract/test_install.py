"""What the page about installing names is there: files, commands, settings and sections."""

from __future__ import annotations

import re
import tomllib

import pytest
from support.deploy_files import DEPLOY, ROOT, parse

from stream.config import load

PAGE = DEPLOY / "docs" / "install.md"
TEXT = PAGE.read_text(encoding="utf-8")
SPANS = [" ".join(span.split()) for span in re.findall(r"`([^`\n]+(?:\n[^`\n]+)?)`", TEXT.replace("```", "\n\n"))]
SECTIONS = ("engine.", "policy.", "topics.", "model.", "business.")
SETTINGS = sorted({span.split(" ")[0] for span in SPANS if span.startswith(SECTIONS)})


def test_files_are_there():
    named = set(re.findall(r"\bdeploy/[\w./-]*\w", TEXT)) - {"deploy/compose/secrets/grafana-password"}
    assert len(named) > 10
    assert len(SETTINGS) > 8
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_exists(name):
    value: object = load(env={})
    for part in name.split("."):
        assert hasattr(value, part), name
        value = getattr(value, part)


@pytest.mark.parametrize(
    "line", sorted({span.replace(" N", " 1") for span in SPANS if span.startswith("churnwatch ") and " " in span})
)
def test_a_command_exists(line):
    words = line.split()[1:]
    parse([*words, "--principal", "worker=User:w"] if words == ["acls", "print"] else words)


def test_sections_and_pages_that_it_points_at_are_there():
    links = re.findall(r"\]\(([\w.-]*)(?:#([\w-]+))?\)", TEXT)
    assert len(links) > 3
    for page, anchor in links:
        text = ((DEPLOY / "docs" / page) if page else PAGE).read_text(encoding="utf-8")
        titles = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
        anchors = {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}
        assert not anchor or anchor in anchors


def test_versions_are_those_of_the_package():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert set(re.findall(r"churnwatch[-:](\d+\.\d+\.\d+)", TEXT)) == {version}
