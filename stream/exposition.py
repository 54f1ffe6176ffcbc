"""A page of metrics: what a role counts, and what the process uses; with exemplars for who asks for OpenMetrics."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import web
from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    Metric,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector


class Exposition(Collector):
    """Several registries as one page."""

    def __init__(self, *registries: CollectorRegistry) -> None:
        """`registries`: none names a metric that another has."""
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a series beside each counter and histogram that nothing asks for
        process = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=process)
        self._registries = (*registries, process)

    def collect(self) -> Iterable[Metric]:
        """Yield every metric."""
        for registry in self._registries:
            yield from registry.collect()

    def answer(self, request: web.Request) -> web.Response:
        """Return the page in the form that the scraper asks for."""
        encode, kind = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self), headers={"Content-Type": kind})
