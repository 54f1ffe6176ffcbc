"""The metrics of what leaves the house. A label names a channel, never a person or an address."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class NotifyMetrics:
    """In one registry."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        """Declare them in `registry`, or in one of their own."""
        self.registry = r = registry or CollectorRegistry()
        self.attempts = Counter(
            "churnwatch_desk_notify_attempts",
            "Attempts by what came of them: taken, again, given_up, gone",
            ["channel", "result"],
            registry=r,
        )
        for channel in ("webhook", "mail", "bot"):
            for result in ("taken", "again", "given_up", "gone"):
                self.attempts.labels(channel, result)
        self.seconds = Histogram(
            "churnwatch_desk_notify_seconds", "Time of an attempt", ["channel"], buckets=_SECONDS, registry=r
        )
        self.waiting = Gauge(
            "churnwatch_desk_notify_waiting", "What is not sent yet, by channel", ["channel"], registry=r
        )
        self.gone = Counter("churnwatch_desk_webhooks_gone", "Endpoints disabled by their 410", registry=r)
        self.given_up = Counter(
            "churnwatch_desk_webhooks_given_up", "Endpoints disabled because they took nothing for long", registry=r
        )
        self.failing = Gauge(
            "churnwatch_desk_webhooks_failing", "Endpoints at which every attempt fails now", registry=r
        )
