"""The trainer's internal port: metrics, health and readiness."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from stream.http_log import http_logger


class TrainerPort:
    """An aiohttp application."""

    def __init__(
        self,
        registry: CollectorRegistry,
        *,
        before: Callable[[], Awaitable[None]],
        failing: Callable[[], str],
        ready: Callable[[], bool],
    ) -> None:
        """`before` a page of metrics; `failing`: why it is unhealthy, or empty; `ready`: it has caught up."""
        self._registry = registry
        self._before = before
        self._failing = failing
        self._ready = ready
        self._runner: web.AppRunner | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen and return the port."""
        app = web.Application()
        app.router.add_get("/metrics", self._metrics_page)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        self._runner = web.AppRunner(app, access_log=None, logger=http_logger())
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _metrics_page(self, request: web.Request) -> web.Response:
        await self._before()
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _healthz(self, request: web.Request) -> web.Response:
        why = self._failing()
        return web.json_response({"status": why or "ok"}, status=503 if why else 200)

    async def _readyz(self, request: web.Request) -> web.Response:
        ready = self._ready() and not self._failing()
        return web.json_response({"ready": ready}, status=200 if ready else 503)
