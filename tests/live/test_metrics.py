"""What running roles show is named as Prometheus wants it, and agrees with what happened."""

from __future__ import annotations

import pytest
from support.metrics import series
from support.prometheus import promtool

ROLES = ("worker", "trainer", "desk")


@pytest.mark.parametrize("role", ROLES)
def test_a_live_scrape_passes_promtool(stack, role):
    page = stack.page(role)
    assert "churnwatch_build_info" in page
    done = promtool("check", "metrics", stdin=page)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "_created" not in page


@pytest.mark.parametrize("role", ROLES)
def test_nobody_is_named_in_it(stack, role):
    page = stack.page(role) + stack.page(role, "application/openmetrics-text; version=1.0.0")
    assert "bank-0" not in page
    assert "phone-0" not in page


def test_every_series_is_scraped_from_some_role(stack):
    found = set(stack.prometheus.ask("label/__name__/values"))
    never = {  # until something happens that does not happen here
        "churnwatch_trainer_unpublished_total", "churnwatch_snapshots_refused_total",
        "churnwatch_desk_pushes_released_total", "churnwatch_desk_timers_fired_total",
        "churnwatch_desk_lost_records_total", "churnwatch_desk_dead_letters_total", "churnwatch_desk_pruned_total",
    }  # fmt: skip
    fits = {f"churnwatch_trainer_fit_seconds_{part}" for part in ("bucket", "sum", "count")}  # boosters and forests
    missing = series() - found - never - fits
    assert missing == set(), sorted(missing)


def test_it_agrees_with_what_was_committed(stack):
    ask = stack.prometheus.value
    handled = ask('sum(churnwatch_events_total{topic!~"group-.*", result!="dead-letter"})')
    assert handled == len(stack.lines) + 2, "a complaint and an answer came later"
    committed = sum(alert["state"] not in ("acknowledged", "escalated") for alert in stack.alerts)
    assert ask("sum(churnwatch_alerts_total)", at=stack.end) == committed > 100
    assert ask('sum(churnwatch_shards{condition="running"})') == ask("churnwatch_partitions") == 4
    assert ask("sum(churnwatch_lag_records)") == 0
    assert ask("churnwatch_desk_database_up") == 1


def test_exemplars_lead_from_the_worker_to_the_desk(stack):
    def ids(name: str) -> set[str]:
        found = stack.prometheus.ask("query_exemplars", query=f"{name}_bucket", start=stack.since, end=stack.end)
        return {exemplar["labels"]["alert_id"] for one in found for exemplar in one["exemplars"]}

    known = {alert["alert_id"] for alert in stack.alerts}
    worker, desk = ids("churnwatch_end_to_end_seconds"), ids("churnwatch_desk_arrival_seconds")
    assert worker & known
    assert desk & known


def test_every_rule_can_be_evaluated_and_what_went_wrong_is_told(stack):
    groups = stack.prometheus.ask("rules")["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) >= 45
    assert {rule["health"] for rule in rules} == {"ok"}, [rule.get("lastError") for rule in rules]
    firing = {rule["name"]: rule["alerts"] for rule in rules if rule.get("state") == "firing"}
    assert {"ChurnwatchDeadLetters"} <= set(firing) <= {"ChurnwatchDeadLetters", "ChurnwatchModelDrift"}
    assert (
        firing["ChurnwatchDeadLetters"][0]["annotations"]["summary"] == "Records of balances cannot be read: not-json"
    )
