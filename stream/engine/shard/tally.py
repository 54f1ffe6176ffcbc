"""What a committed batch adds to the metrics, and to the log."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import get_args

from stream.domain.alerts import Alert
from stream.domain.events import Severity
from stream.engine.log.merge import Item
from stream.engine.shard.batch import Batch
from stream.metrics import Metrics
from stream.topics import STAFF

log = logging.getLogger(__name__)


def expect(metrics: Metrics, topics: Iterable[str], kinds: Iterable[str]) -> None:
    """Show at 0 what will be counted: a rise that begins with a series of its own would not be seen."""
    for topic in topics:
        for result in ("handled", "duplicate", "dead-letter"):
            metrics.events.labels(topic, result)
    for kind in kinds:
        for severity in get_args(Severity):
            metrics.alerts.labels(kind, severity, "opened")


class Arrivals:
    """When the first and the last record of a batch arrived, epoch ms.

    Of news of the staff nobody knows when it arrived: its timestamps are its writers'.
    """

    def __init__(self) -> None:
        self._found: set[int] = set()

    def note(self, items: Sequence[Item]) -> None:
        """Take some more of the batch's records."""
        arrived = [item.record.timestamp for item in items if item.topic != STAFF]
        if arrived:
            self._found |= {min(arrived), max(arrived)}

    def observe(self, metrics: Metrics, batch: Batch, now: int) -> None:
        """Observe both latencies; with an alert's id, where there was one, to follow it to the desk."""
        example = {"alert_id": batch.alerts[0].alert_id} if batch.alerts else None
        for timestamp in {min(self._found), max(self._found)} if self._found else ():
            metrics.latency_seconds.observe(max(0, now - timestamp) / 1000, example)


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


def tell_batch(shard: int, batch: Batch) -> None:
    """Log what was dead-lettered, a line a topic and reason with its first offset, and at level debug each alert."""
    for (topic, reason), count in batch.rejected.items():
        offset, path = batch.first_rejected.get((topic, reason), (None, None))
        about = {"shard": shard, "topic": topic, "reason": reason, "offset": offset, "path": path, "count": count}
        log.warning(f"dead letters from {topic}: {reason}", extra=about)
    if log.isEnabledFor(logging.DEBUG):
        for alert in batch.alerts:
            log.debug("alert %s", alert.state, extra={"shard": shard, **about_alert(alert)})


def about_alert(alert: Alert) -> dict[str, object]:
    """Return what may be logged of an alert: not whose it is, nor its events' ids, which are the producers' words."""
    return {"alert_id": alert.alert_id, "kind": alert.kind, "severity": alert.severity, "state": alert.state}
