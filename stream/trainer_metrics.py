"""The trainer's metrics: name, labels, unit and meaning."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 2.5, 10, 60)


class TrainerMetrics:
    """In one registry; units are seconds, bytes and counts. Figures of quality are over the sliding window."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        """Declare them in `registry`, or in one of their own."""
        self.registry = r = registry or CollectorRegistry()
        self.examples = Counter(
            "churnwatch_trainer_examples", "Examples by result: learned, counted only, refused", ["result"], registry=r
        )
        for result in ("learned", "counted", "refused"):
            self.examples.labels(result)
        self.dead_letters = Counter("churnwatch_dead_letters", "Records dead-lettered", ["topic", "reason"], registry=r)
        self.learn_seconds = Histogram(
            "churnwatch_trainer_learn_seconds", "Time of one example: judged and learned", buckets=_SECONDS, registry=r
        )
        self.fit_seconds = Histogram(
            "churnwatch_trainer_fit_seconds", "Time of a fit beside the stream", ["candidate"], buckets=_SECONDS,
            registry=r,
        )  # fmt: skip
        self.publish_seconds = Histogram(
            "churnwatch_trainer_publish_seconds", "Time of a snapshot, made and committed", buckets=_SECONDS, registry=r
        )
        self.checkpoint_seconds = Histogram(
            "churnwatch_trainer_checkpoint_seconds", "Time of a checkpoint", buckets=_SECONDS, registry=r
        )
        self.checkpoint_bytes = Gauge("churnwatch_trainer_checkpoint_bytes", "Size of the checkpoint", registry=r)
        self.snapshot_bytes = Gauge("churnwatch_trainer_snapshot_bytes", "Size of the last snapshot", registry=r)
        self.snapshots = Counter("churnwatch_trainer_snapshots", "Snapshots published", registry=r)
        self.unpublished = Counter(
            "churnwatch_trainer_unpublished", "Snapshots that could not be published", ["reason"], registry=r
        )
        self.lag = Gauge(
            "churnwatch_trainer_lag_records", "Examples between the trainer and the log's end", ["shard"], registry=r
        )
        self.known_at = Gauge(
            "churnwatch_trainer_known_timestamp_seconds", "Event time up to which labels were learned from", registry=r
        )
        self.quality = Gauge(
            "churnwatch_model_quality",
            "A candidate's prequential figures: roc_auc, pr_auc, lift, recall and precision at the alert budget, "
            "calibration_error, brier, log_loss, base_rate, examples",
            ["candidate", "measure"],
            registry=r,
        )
        self.class_quality = Gauge(
            "churnwatch_model_class_quality", "The champion's figures by class", ["class_name", "measure"], registry=r
        )
        self.stack_weight = Gauge(
            "churnwatch_model_stack_weight", "How much the stack goes by an expert", ["candidate"], registry=r
        )
        self.champion = Gauge("churnwatch_model_champion_info", "The candidate that scores", ["candidate"], registry=r)
        self.ahead = Gauge(
            "churnwatch_model_challenger_ahead", "Examples for which a challenger has been better by the margin",
            ["candidate"], registry=r,
        )  # fmt: skip
        self.loss = Gauge("churnwatch_model_loss_ratio", "Mean loss since it last changed, bounded to 1", registry=r)
        self.label_rate = Gauge(
            "churnwatch_model_label_ratio", "Share of leavers among the examples since it last changed", registry=r
        )
        self.shift = Gauge(
            "churnwatch_model_feature_shift", "Population stability index against some weeks before; above 0.25 a "
            "feature is spread otherwise", ["feature"], registry=r,
        )  # fmt: skip
        self.drift_alarms = Counter(
            "churnwatch_model_drift_alarms", "Alarms: loss, label_rate, features; and promoted", ["kind"], registry=r
        )
        for kind in ("loss", "label_rate", "features", "promoted"):
            self.drift_alarms.labels(kind)  # an alert on a rise sees the first one too
        self.build = Gauge("churnwatch_build_info", "Version of the running build", ["version"], registry=r)
