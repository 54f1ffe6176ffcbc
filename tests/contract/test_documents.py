"""The documents are true of the code: commands, settings, links, files, and figures as `performance.md` has them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.documents import anchors, assert_command, assert_setting, commands, inline, settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "deploy" / "docs"
PAGES = ("concepts", "tutorial", "comparison", "backtest", "faults", "security", "interfaces")
NAMES = ["README.md", *(f"deploy/docs/{name}.md" for name in PAGES)]
DECISIONS = sorted((DOCS / "decisions").glob("0*.md"))
MEASURED = [file for file in DECISIONS if not file.name.startswith("0008")]  # whose figures are the topics' table's
FILES = [*(ROOT / name for name in NAMES), *DECISIONS]
MADE = {"stream/rules/many_returns.py", "tests/unit/rules/test_many_returns.py", "tests/support/lives/returns.py"}
"""What the tutorial has its reader make."""

ids = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


@ids
def test_its_commands_exist_with_their_options(file):
    for line in commands(read(file)):
        assert_command(line)


@ids
def test_its_settings_exist(file):
    for name in settings(read(file)):
        assert_setting(name)


@ids
def test_its_links_lead_somewhere(file):
    for target, _, anchor in (link.partition("#") for link in re.findall(r"\]\(([^)]+)\)", read(file))):
        if "://" not in target:
            other = (file.parent / target).resolve() if target else file
            assert other.exists(), target
            assert not anchor or anchor in anchors(read(other)), f"{target}#{anchor}"


@ids
def test_its_files_are_there(file):
    named = {
        one.rstrip("/") for one in inline(read(file)) if re.fullmatch(r"(deploy|stream|models|tests)/[\w./-]+", one)
    }
    for path in named - MADE:
        assert (ROOT / path).exists() or list(ROOT.glob(path + ".*")), path


def test_there_is_something_to_check():
    texts = [read(file) for file in FILES]
    assert sum(len(commands(text)) for text in texts) > 25
    assert sum(len(settings(text)) for text in texts) > 15


@pytest.mark.parametrize("file", DECISIONS, ids=lambda file: file.name)
def test_a_decision_has_its_parts_and_is_in_the_list(file):
    parts = re.findall(r"^\*\*(\w+)\.\*\*", read(file), flags=re.MULTILINE)
    assert parts == ["Context", "Decision", "Figures", "Consequences"]
    assert f"({file.name})" in read(DOCS / "decisions" / "README.md")
    assert len(read(file).splitlines()) <= 45


def figures(text: str) -> set[str]:
    """Return the figures with at least three digits: smaller ones are everywhere."""
    return {one for one in re.findall(r"\d[\d,.]*\d", text) if sum(map(str.isdigit, one)) >= 3}


@pytest.mark.parametrize("file", MEASURED, ids=lambda file: file.name)
def test_the_figures_of_a_decision_stand_in_performance(file):
    said = read(file).split("**Figures.**")[1].split("**Consequences.**")[0]
    assert figures(said)
    assert figures(said) <= figures(read(DOCS / "performance.md")), figures(said) - figures(
        read(DOCS / "performance.md")
    )
