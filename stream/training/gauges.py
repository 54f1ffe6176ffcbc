"""A snapshot's figures as metrics."""

from __future__ import annotations

import msgspec

from models.learner import Learner
from models.snapshot import Snapshot
from stream.trainer_metrics import TrainerMetrics


def show(metrics: TrainerMetrics, learner: Learner, snapshot: Snapshot, size: int) -> None:
    """Set the gauges to what a snapshot of `size` bytes says; what it says nothing of is gone."""
    metrics.snapshots.inc()
    metrics.snapshot_bytes.set(size)
    metrics.known_at.set(snapshot.made_at / 1000)
    for gauge, figures in ((metrics.quality, snapshot.quality), (metrics.class_quality, snapshot.by_class)):
        gauge.clear()
        for name, quality in figures.items():
            for measure, value in msgspec.structs.asdict(quality).items():
                if value is not None:
                    gauge.labels(name, measure).set(value)
    metrics.stack_weight.clear()
    for name, weight in (snapshot.stack.weights if snapshot.stack else {}).items():
        metrics.stack_weight.labels(name).set(weight)
    metrics.champion.clear()
    metrics.champion.labels(snapshot.champion).set(1)
    metrics.ahead.clear()
    for name in learner.promotion.leads:
        metrics.ahead.labels(name).set(learner.promotion.ahead_for(name, learner.judged))
    metrics.loss.set(learner.loss_watch.mean)
    metrics.label_rate.set(learner.label_watch.mean)
    metrics.shift.clear()
    for name, value in learner.shift.indices.items():
        metrics.shift.labels(name).set(value)
