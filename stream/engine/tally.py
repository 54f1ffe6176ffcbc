"""What a committed batch adds to the metrics."""

from __future__ import annotations

from stream.engine.batch import Batch
from stream.metrics import Metrics


def count_batch(metrics: Metrics, batch: Batch) -> None:
    """Count events by result, dead letters by reason, alerts, examples and timers."""
    for (topic, result), number in batch.results.items():
        metrics.events.labels(topic, result).inc(number)
    for (topic, reason), number in batch.rejected.items():
        metrics.dead_letters.labels(topic, reason).inc(number)
    for alert in batch.alerts:
        metrics.alerts.labels(alert.kind, alert.severity, alert.state).inc()
    for example in batch.examples:
        metrics.examples.labels(example.outcome).inc()
    metrics.timers.inc(batch.timers_fired)
