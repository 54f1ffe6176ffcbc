"""A process's internal port: metrics, health and readiness, apart from any page that people see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from aiohttp import web
from prometheus_client import CollectorRegistry

from stream.exposition import Exposition
from stream.http_log import http_logger


class Answer(NamedTuple):
    """Whether a probe is content, and what it is told; it holds no content of events."""

    ok: bool
    said: Mapping[str, object]


def health(failing: str, troubles: Mapping[str, str] | None = None) -> Answer:
    """Return what `/healthz` says: sick is who ends (`failing`: why); who waits for a part in trouble is alive."""
    waiting = "; ".join(f"{part}: {what}" for part, what in (troubles or {}).items())
    more = {} if troubles is None else {"troubles": dict(troubles)}
    return Answer(not failing, {"status": failing or waiting or "ok", **more})


class Port:
    """An aiohttp application. Who can say more than this gives it routes of its own."""

    def __init__(
        self,
        registries: Sequence[CollectorRegistry],
        *,
        health: Callable[[], Answer],
        readiness: Callable[[], Answer],
        before: Callable[[], Awaitable[None]] | None = None,
        routes: Sequence[web.RouteDef] = (),
    ) -> None:
        """`before` a page of metrics: bring figures up to date that are not kept so; `routes`: beside the three."""
        self._exposition, self._before, self._routes = Exposition(*registries), before, routes
        self._health, self._readiness = health, readiness
        self._runner: web.AppRunner | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen and return the port.

        Raises:
            OSError: the address is taken, or not of this machine.
        """
        app = web.Application()
        app.router.add_get("/metrics", self._metrics_page)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.add_routes(self._routes)
        # an access log could hold customer ids
        self._runner = web.AppRunner(app, access_log=None, logger=http_logger())
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _metrics_page(self, request: web.Request) -> web.Response:
        if self._before is not None:
            await self._before()
        return self._exposition.answer(request)

    async def _healthz(self, request: web.Request) -> web.Response:
        return _probe(self._health())

    async def _readyz(self, request: web.Request) -> web.Response:
        return _probe(self._readiness())


def _probe(answer: Answer) -> web.Response:
    return web.json_response(answer.said, status=200 if answer.ok else 503)
