"""Every metric, declared once: name, labels, unit and meaning. No customer id is ever a label."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_FINE = (0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.1)
_EVENTS = (1, 10, 50, 100, 250, 500, 1000, 2000, 4000, 8000, 16_000)


class Metrics:
    """The worker's metrics in one registry; units are seconds, bytes and counts, as Prometheus wants them."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        """Declare them in `registry`, or in one of their own."""
        self.registry = r = registry or CollectorRegistry()
        self.events = Counter(
            "churnwatch_events", "Input records by what became of them", ["topic", "result"], registry=r
        )
        self.batch_events = Histogram(
            "churnwatch_batch_events", "Records in a transaction", buckets=_EVENTS, registry=r
        )
        self.phase_seconds = Histogram(
            "churnwatch_batch_phase_seconds",
            "Time of a batch by phase: step (its records are read in it), transaction, store",
            ["phase"],
            buckets=_SECONDS,
            registry=r,
        )
        self.latency_seconds = Histogram(
            "churnwatch_end_to_end_seconds",
            "From the broker's timestamp of a record to the commit of its batch",
            buckets=_SECONDS,
            registry=r,
        )
        self.alerts = Counter("churnwatch_alerts", "Alerts committed", ["kind", "severity", "state"], registry=r)
        self.suppressed = Counter(
            "churnwatch_suppressed", "Warnings held back, by the stage that did", ["stage", "kind"], registry=r
        )
        self.shadow_alerts = Counter(
            "churnwatch_shadow_alerts",
            "Alerts of rules on trial, which nobody was told of",
            ["kind", "severity", "state"],
            registry=r,
        )
        self.dead_letters = Counter("churnwatch_dead_letters", "Records dead-lettered", ["topic", "reason"], registry=r)
        self.timers = Counter("churnwatch_timers_fired", "Customers whose timers fired", registry=r)
        self.lag = Gauge(
            "churnwatch_lag_records",
            "Records between a shard's position and the log's end",
            ["topic", "shard"],
            registry=r,
        )
        self.position = Gauge(
            "churnwatch_position_offset", "A shard's next offset of an input topic", ["topic", "shard"], registry=r
        )
        self.stream_time = Gauge(
            "churnwatch_stream_timestamp_seconds", "A shard's newest event time", ["shard"], registry=r
        )
        self.partitions = Gauge("churnwatch_partitions", "Shards that all workers should run together", registry=r)
        self.shards = Gauge("churnwatch_shards", "Shards by condition: restoring, running", ["condition"], registry=r)
        self.restored = Counter("churnwatch_restored_states", "States read from the changelog", registry=r)
        self.restore_progress = Gauge(
            "churnwatch_restore_progress_ratio",
            "How much of a shard's changelog is read, 0 to 1",
            ["shard"],
            registry=r,
        )
        self.states = Gauge("churnwatch_states", "Keys in a shard's store, estimated", ["shard"], registry=r)
        self.state_bytes = Gauge("churnwatch_state_bytes", "Bytes of a shard's store on disk", ["shard"], registry=r)
        self.shard_ends = Counter(
            "churnwatch_shard_ends",
            "Shards given up, by reason: revoked, stopped, fenced, failed",
            ["reason"],
            registry=r,
        )
        for reason in ("revoked", "stopped", "fenced", "failed"):
            self.shard_ends.labels(reason)  # an alert on a rise sees the first one too
        self.control = Counter("churnwatch_control_commands", "Operators' commands", ["command", "result"], registry=r)
        self.settings_refused = Gauge(
            "churnwatch_settings_refused", "Records of the topic settings that cannot be put in force", registry=r
        )
        self.cutoffs = Counter(
            "churnwatch_cutoffs",
            "Features kept until their label is known, one for each customer's cut-off",
            registry=r,
        )
        self.scored = Counter(
            "churnwatch_scores",
            "Scores of customers, by occasion: cut-off, report, signal (a hard one)",
            ["occasion"],
            registry=r,
        )
        self.cold = Counter("churnwatch_cold_cutoffs", "Cut-offs without a score: no snapshot was in force", registry=r)
        self.score_seconds = Histogram(
            "churnwatch_score_seconds",
            "Time of one score with its reasons, features apart",
            buckets=_FINE,
            registry=r,
        )
        self.examples = Counter(
            "churnwatch_examples", "Training examples committed, by how the horizon ended", ["outcome"], registry=r
        )
        self.snapshot = Gauge(
            "churnwatch_snapshot_info",
            "The snapshot that scores, and its champion",
            ["version", "champion"],
            registry=r,
        )
        self.snapshot_made = Gauge(
            "churnwatch_snapshot_timestamp_seconds",
            "Event time up to which the snapshot that scores has learned",
            registry=r,
        )
        self.snapshots_refused = Counter(
            "churnwatch_snapshots_refused",
            "Snapshots, or settings of the model, that were not put in force, by reason",
            ["reason"],
            registry=r,
        )
        self.build = Gauge("churnwatch_build_info", "Version of the running build", ["version"], registry=r)

    def drop_shard(self, shard: int) -> None:
        """Show nothing more of a shard that is another worker's now."""
        told = (self.lag, self.position, self.stream_time, self.restore_progress, self.states, self.state_bytes)
        for gauge in told:
            gauge.remove_by_labels({"shard": str(shard)})
