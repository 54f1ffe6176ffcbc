"""Every panel of every dashboard on a real Prometheus over the running stack: none empty, none wrong."""

from __future__ import annotations

import json
import math
import re
import time

import pytest
from support.prometheus import REPOSITORY

FOLDER = REPOSITORY / "deploy" / "grafana"
PANELS = [
    (file.stem, panel, target["expr"])
    for file in sorted(FOLDER.glob("*.json"))
    for panel in json.loads(file.read_text(encoding="utf-8"))["panels"]
    for target in panel.get("targets", ())
]
STEP_S = 2


def filled(expr: str, stack) -> str:
    """Put in what Grafana would."""
    span = f"{math.ceil(stack.end - stack.since)}s"
    expr = expr.replace("$__rate_interval", "10s").replace("$__range", span)
    return re.sub(r'=~"\$\w+"', '=~".*"', expr)


def numbers(found) -> list[float]:
    values = [point for one in found for point in one.get("values", [one.get("value")])]
    return [float(value) for _, value in values if not math.isnan(float(value))]


def test_there_are_panels():
    assert len(PANELS) > 70


@pytest.mark.parametrize(
    ("panel", "expr"), [(panel, expr) for _, panel, expr in PANELS], ids=[f"{f}: {p['title']}" for f, p, _ in PANELS]
)
def test_a_panel_shows_something(stack, panel, expr):
    asked = filled(expr, stack)
    assert "$" not in asked
    if panel["type"] == "timeseries":
        found = stack.prometheus.ask("query_range", query=asked, start=stack.since, end=stack.end, step=STEP_S)
    else:
        found = stack.prometheus.ask("query", query=asked, time=stack.end)
    assert numbers(found["result"]), f"{asked}: nothing"


def test_what_they_say_is_so(stack):
    def shown(title: str, at: float = stack.end) -> float:
        ((expr),) = [expr for _, panel, expr in PANELS if panel["title"] == title]
        (value,) = numbers(stack.prometheus.ask("query", query=filled(expr, stack), time=at)["result"])
        return value

    def firing() -> int:
        rules = [rule for group in stack.prometheus.ask("rules")["groups"] for rule in group["rules"]]
        return sum(alert["state"] == "firing" for rule in rules for alert in rule.get("alerts", ()))

    assert shown("Processes away") == 0
    assert shown("Shards that run nowhere") == 0
    assert shown("Records behind") == 0
    assert shown("Parts nobody does") == 0
    assert shown("Database") == 1
    assert shown("Dead letters") == pytest.approx(1, abs=0.3)  # from a rise between two scrapes
    before, told, after = firing(), shown("Alerts firing", time.time()), firing()  # they may become more meanwhile
    assert 1 <= before <= told <= after
    opened = sum(alert["state"] == "opened" for alert in stack.alerts)
    assert shown("Opened") == pytest.approx(opened, rel=0.2)  # Prometheus estimates what lies beyond the first scrape
