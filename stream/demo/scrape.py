"""A worker's metrics page as a few figures for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from stream.topics import HOPS


@dataclass
class Figures:
    """Counts since the worker's start; `latency` maps quantile to seconds (upper bounds of the histogram's buckets)."""

    results: Counter[str] = field(default_factory=Counter)
    alerts: Counter[tuple[str, str]] = field(default_factory=Counter)
    suppressed: Counter[str] = field(default_factory=Counter)
    dead_letters: Counter[str] = field(default_factory=Counter)
    lag: int = 0
    running: int = 0
    restoring: int = 0
    latency: dict[float, float] = field(default_factory=dict)

    @property
    def accounted(self) -> int:
        """Records that were handled, recognised as duplicates, or dead-lettered."""
        return self.results.total()


def read(page: str) -> Figures:
    """Read a metrics page."""
    figures = Figures()
    buckets: dict[float, float] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            name, labels, value = sample.name, sample.labels, sample.value
            if name == "churnwatch_events_total":
                if labels["topic"] in HOPS:  # what shards tell each other nobody sent
                    continue
                figures.results[labels["result"]] += int(value)
            elif name == "churnwatch_alerts_total":
                figures.alerts[labels["kind"], labels["state"]] += int(value)
            elif name == "churnwatch_suppressed_total":
                figures.suppressed[labels["stage"]] += int(value)
            elif name == "churnwatch_dead_letters_total":
                figures.dead_letters[labels["reason"]] += int(value)
            elif name == "churnwatch_lag_records":
                figures.lag += int(value)
            elif name == "churnwatch_shards":
                setattr(figures, labels["condition"], int(value))
            elif name == "churnwatch_end_to_end_seconds_bucket":
                buckets[float(labels["le"])] = value
    figures.latency = quantiles(buckets.items(), (0.5, 0.95, 0.99))
    return figures


def quantiles(buckets: Iterable[tuple[float, float]], wanted: Iterable[float]) -> dict[float, float]:
    """Return for each wanted quantile the upper bound of the bucket it lies in; nothing where nothing was observed."""
    ordered = sorted(buckets)
    total = ordered[-1][1] if ordered else 0
    if not total:
        return {}
    return {q: next(bound for bound, count in ordered if count >= q * total) for q in wanted}
