"""The desk's metrics of intake, outbox and timers: name, labels, unit and meaning. No customer or person is a label."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 600)
_RECORDS = (1, 10, 50, 100, 250, 500, 1000, 2000)


class DeskMetrics:
    """In one registry; units are seconds and counts."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        """Declare them in `registry`, or in one of their own."""
        self.registry = r = registry or CollectorRegistry()
        self.records = Counter(
            "churnwatch_desk_records", "Records read, by result: taken, probe, refused", ["topic", "result"],
            registry=r,
        )  # fmt: skip
        self.known = Counter("churnwatch_desk_known_records", "Records that were in the store already", registry=r)
        self.dead_letters = Counter(
            "churnwatch_desk_dead_letters", "Records dead-lettered by the desk", ["topic", "reason"], registry=r
        )
        self.batch_records = Histogram(
            "churnwatch_desk_batch_records", "Records in a transaction", buckets=_RECORDS, registry=r
        )
        self.write_seconds = Histogram(
            "churnwatch_desk_write_seconds", "Time of a batch's transaction", buckets=_SECONDS, registry=r
        )
        self.arrival_seconds = Histogram(
            "churnwatch_desk_arrival_seconds",
            "From an alert's record timestamp to the commit of its rows",
            buckets=_SECONDS,
            registry=r,
        )
        self.lag = Gauge(
            "churnwatch_desk_lag_records", "Records between the desk and the log's end", ["topic"], registry=r
        )
        self.lost = Counter(
            "churnwatch_desk_lost_records", "Records that were gone when the desk came to them", ["topic"], registry=r,
        )  # fmt: skip
        self.database_up = Gauge("churnwatch_desk_database_up", "1 while the database answers", registry=r)
        self.broker_up = Gauge("churnwatch_desk_broker_up", "1 while the broker answers", ["part"], registry=r)
        self.leads = Gauge(
            "churnwatch_desk_leads", "1 where this process does what one may do at a time", ["part"], registry=r
        )
        self.outbox_waiting = Gauge("churnwatch_desk_outbox_messages", "Messages not published yet", registry=r)
        self.outbox_age = Gauge(
            "churnwatch_desk_outbox_age_seconds", "Age of the oldest message that is not published yet", registry=r
        )
        self.published = Counter(
            "churnwatch_desk_published", "Messages published, a repeat counted again", ["topic"], registry=r
        )
        self.publish_seconds = Histogram(
            "churnwatch_desk_publish_seconds",
            "From the commit of an answer to the broker's word that it has the message",
            ["topic"],
            buckets=_SECONDS,
            registry=r,
        )
        self.escalated = Counter(
            "churnwatch_desk_escalations", "Steps of escalation: deputy, branch, manager, skipped", ["to"], registry=r
        )
        for to in ("deputy", "branch", "manager", "skipped", "cancelled", "failed"):
            self.escalated.labels(to)  # an alert on a rise sees the first one too
        self.timers = Counter("churnwatch_desk_timers_fired", "Timers fired", ["kind"], registry=r)
        self.late = Gauge("churnwatch_desk_timers_late_seconds", "How late the timer that fired last was", registry=r)
        self.nothing_due = Gauge(
            "churnwatch_desk_timers_done_timestamp_seconds",
            "Wall clock when nothing that was due was left undone: timers, steps of escalation",
            registry=r,
        )
        self.build = Gauge("churnwatch_build_info", "Version of the running build", ["version"], registry=r)
        self.pruned = Counter("churnwatch_desk_pruned", "Rows deleted by age", ["kind"], registry=r)
