"""The metrics of pushing. No receiver is ever a label."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge


class PushMetrics:
    """In one registry."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        """Declare them in `registry`, or in one of their own."""
        self.registry = r = registry or CollectorRegistry()
        self.streams = Gauge("churnwatch_desk_streams", "Open streams of server-sent events", registry=r)
        self.given = Counter("churnwatch_desk_pushes_given", "Pushes read for open pages", registry=r)
        self.fell_behind = Counter(
            "churnwatch_desk_streams_fell_behind", "Times a page had no room and read the store again", registry=r
        )
        self.cut = Counter("churnwatch_desk_streams_cut", "Streams ended because nothing was taken", registry=r)
        self.decided = Counter(
            "churnwatch_desk_push_decisions",
            "Pushes by decision: now, passed, budget, quiet, storm",
            ["how"],
            registry=r,
        )
        for how in ("now", "passed", "budget", "quiet", "storm"):
            self.decided.labels(how)
        self.released = Counter(
            "churnwatch_desk_pushes_released", "Held-back pushes by release: digest, room, ended, summary", ["how"],
            registry=r,
        )  # fmt: skip
