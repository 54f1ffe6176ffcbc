"""The desk's internal port: metrics, health and readiness, apart from the page that people see."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from stream.desk.standing import Standings
from stream.http_log import http_logger


class DeskPort:
    """An aiohttp application. A desk whose database or broker is away is alive, says so, and is not ready."""

    def __init__(
        self,
        registries: Sequence[CollectorRegistry],
        standings: Standings,
        *,
        failing: Callable[[], str],
        ready: Callable[[], bool],
    ) -> None:
        """`failing`: why the process ends, or empty; `ready`: it has read what there was, and serves the page."""
        self._registries, self._standings = registries, standings
        self._failing, self._ready = failing, ready
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
        body = b"".join(generate_latest(registry) for registry in self._registries)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _healthz(self, request: web.Request) -> web.Response:
        why, troubles = self._failing(), dict(self._standings.troubles)
        status = why or ("; ".join(f"{part}: {what}" for part, what in troubles.items()) or "ok")
        return web.json_response({"status": status, "troubles": troubles}, status=503 if why else 200)

    async def _readyz(self, request: web.Request) -> web.Response:
        troubles = dict(self._standings.troubles)
        ready = self._ready() and not troubles and not self._failing()
        return web.json_response({"ready": ready, "troubles": troubles}, status=200 if ready else 503)
