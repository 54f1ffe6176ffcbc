"""The alerting rules: well-formed, each seen firing and silent, each with a section in the runbook."""

from __future__ import annotations

import re

import pytest
import yaml
from support.metrics import series
from support.prometheus import REPOSITORY, RULES, promtool

CASES = sorted((REPOSITORY / "tests" / "data" / "prometheus").glob("*.yml"))
RUNBOOK = (REPOSITORY / "deploy" / "docs" / "runbook.md").read_text(encoding="utf-8")
GROUPS = {file.stem: yaml.safe_load(file.read_text(encoding="utf-8"))["groups"] for file in sorted(RULES.glob("*.yml"))}
ALL = [rule for groups in GROUPS.values() for group in groups for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in ALL if "alert" in rule}
RECORDED = {rule["record"] for rule in ALL if "record" in rule}


def sections(document: str) -> dict[str, str]:
    """Return the text under each heading, by the anchor that a page of it gives the heading."""
    found: dict[str, str] = {}
    for part in re.split(r"^#+ ", document, flags=re.MULTILINE)[1:]:
        title, _, text = part.partition("\n")
        anchor = re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")
        assert anchor not in found, f"two sections called {title}"
        found[anchor] = text
    return found


def test_rules_and_the_configuration_that_loads_them_are_well_formed():
    for done in (
        promtool("check", "rules", *RULES.glob("*.yml")),
        promtool("check", "config", RULES.parent / "prometheus.yml"),
    ):
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_alerts_fire_when_they_should_and_no_others_do(case):
    done = promtool("test", "rules", case)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_is_seen_firing_in_a_case():
    assert len(ALERTS) >= 35
    fires = {
        name
        for case in CASES
        for test in yaml.safe_load(case.read_text(encoding="utf-8"))["tests"]
        for asked in test["promql_expr_test"]
        for sample in asked["exp_samples"]
        for name in re.findall(r'alertname="(\w+)"', sample["labels"])
    }
    assert fires == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_each_alert_says_how_grave_it_is_and_what_to_do(name):
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in ("critical", "warning")
    said = rule["annotations"]
    assert set(said) == {"summary", "description", "runbook_url"}
    assert len(said["summary"]) <= 120
    file, _, anchor = said["runbook_url"].partition("#")
    assert file == "{{ $externalLabels.runbook_base }}deploy/docs/runbook.md"
    assert anchor == name.lower()
    text = sections(RUNBOOK)[anchor]
    at = [text.find(f"**{word}.**") for word in ("Meaning", "Check", "Act")]
    assert -1 not in at and at == sorted(at), f"{name}: Meaning, Check, Act"
    assert all(len(part.strip()) > 20 for part in re.split(r"\*\*\w+\.\*\*", text)[1:])


def test_the_runbook_has_no_section_of_an_alert_that_is_gone():
    named = set(re.findall(r"^### (Churnwatch\w+)", RUNBOOK, flags=re.MULTILINE))
    assert named == set(ALERTS)


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.get("alert") or rule["record"])
def test_each_rule_asks_for_series_that_the_roles_show(rule):
    names = set(re.findall(r"\b(?:\w+:)*churnwatch[\w:]*", re.sub(r'"[^"]*"', "", rule["expr"])))
    assert names - RECORDED <= series(), rule["expr"]
    assert names or rule["expr"].startswith("up{")
