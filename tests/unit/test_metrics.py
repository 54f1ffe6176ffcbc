"""Every metric has a meaning and a unit, and none has a customer."""

from __future__ import annotations

import re

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics import MetricWrapperBase

from stream.desk.notify.metrics import NotifyMetrics
from stream.desk.push.metrics import PushMetrics
from stream.desk_metrics import DeskMetrics
from stream.metrics import Metrics
from stream.trainer_metrics import TrainerMetrics

METRICS = {
    f"{prefix}{name}": metric
    for prefix, metrics in (
        ("", Metrics()),
        ("trainer.", TrainerMetrics()),
        ("desk.", DeskMetrics()),
        ("push.", PushMetrics()),
        ("notify.", NotifyMetrics()),
    )
    for name, metric in vars(metrics).items()
    if isinstance(metric, MetricWrapperBase)
}
UNITS = ("_seconds", "_bytes", "_records", "_ratio", "_events", "_info", "_offset")
COUNTED = (
    "alerts", "suppressed", "dead_letters", "timers_fired", "shards", "partitions", "restored_states", "states",
    "shard_ends",    "control_commands", "shadow_alerts", "settings_refused", "cutoffs",
    "scores", "cold_cutoffs", "examples", "snapshots_refused",
    "trainer_examples", "trainer_snapshots", "trainer_unpublished", "model_quality", "model_class_quality",
    "model_stack_weight", "model_challenger_ahead", "model_feature_shift", "model_drift_alarms",
    "desk_dead_letters", "desk_database_up", "desk_broker_up", "desk_leads", "desk_outbox_messages", "desk_published",
    "desk_escalations", "desk_timers_fired", "desk_pruned",
    "desk_streams", "desk_pushes_given", "desk_streams_fell_behind", "desk_streams_cut", "desk_push_decisions",
    "desk_pushes_released", "desk_notify_attempts", "desk_notify_waiting", "desk_webhooks_gone",
    "desk_webhooks_given_up", "desk_webhooks_failing",
)  # fmt: skip


def test_there_are_metrics():
    assert len(METRICS) >= 15


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_each_says_what_it_means(metric):
    assert len(metric._documentation) > 10


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_each_is_named_by_the_house_and_its_unit(metric):
    assert re.fullmatch(r"churnwatch_[a-z_]+", metric._name)
    assert metric._name.endswith(UNITS) or metric._name.removeprefix("churnwatch_").startswith(COUNTED)
    assert not re.search(r"_(ms|millis|milliseconds)$", metric._name)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_no_label_can_hold_a_person(metric):
    allowed = {
        "topic", "result", "phase", "kind", "severity", "state", "stage", "reason", "shard", "condition", "command",
        "version", "role", "occasion", "outcome", "champion", "candidate", "measure", "class_name", "feature",
        "part", "to", "how", "channel",
    }  # fmt: skip
    assert set(metric._labelnames) <= allowed


def test_everything_is_in_the_registry_that_was_given():
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.events.labels("balances", "handled").inc()
    text = generate_latest(registry).decode()
    assert 'churnwatch_events_total{result="handled",topic="balances"} 1.0' in text
    assert metrics.registry is registry


def test_two_sets_do_not_share_anything():
    one, other = Metrics(), Metrics()
    one.timers.inc()
    assert "churnwatch_timers_fired_total 0.0" in generate_latest(other.registry).decode()
