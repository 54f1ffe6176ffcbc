"""The names of all series that the roles show."""

from __future__ import annotations

from functools import cache

from prometheus_client import CollectorRegistry

from stream.desk.notify.metrics import NotifyMetrics
from stream.desk.push.metrics import PushMetrics
from stream.desk_metrics import DeskMetrics
from stream.metrics import Metrics
from stream.trainer_metrics import TrainerMetrics

_SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


def registries() -> tuple[CollectorRegistry, ...]:
    """Return a fresh registry of each set of metrics."""
    kinds = (Metrics, TrainerMetrics, DeskMetrics, PushMetrics, NotifyMetrics)
    return tuple(kind().registry for kind in kinds)


@cache
def series() -> frozenset[str]:
    """Return every name that a scrape of the roles can hold."""
    families = [family for registry in registries() for family in registry.collect()]
    return frozenset(family.name + suffix for family in families for suffix in _SUFFIXES[family.type])
