"""The internal port that worker, trainer and desk share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge

from stream.desk.port import desk_port
from stream.desk.standing import Standings
from stream.port import Answer, Port, health


@asynccontextmanager
async def asking(port: Port) -> AsyncIterator[Any]:
    """Listen, and give who asks for a path: status and body."""
    number = await port.start("127.0.0.1", 0)
    async with aiohttp.ClientSession() as session:

        async def ask(path: str) -> tuple[int, Any]:
            async with session.get(f"http://127.0.0.1:{number}{path}") as answer:
                is_json = answer.content_type == "application/json"
                return answer.status, await (answer.json() if is_json else answer.text())

        try:
            yield ask
        finally:
            await port.stop()


async def test_a_page_of_metrics_has_every_registry_as_it_stands_when_it_is_asked_for():
    one, other = CollectorRegistry(), CollectorRegistry()
    asked, there = Gauge("asked", "How often", registry=one), Gauge("there", "There", registry=other)
    there.set(7)

    async def before() -> None:
        asked.inc()

    fine = Answer(True, {})
    async with asking(Port((one, other), health=lambda: fine, readiness=lambda: fine, before=before)) as ask:
        await ask("/metrics")
        status, page = await ask("/metrics")
    assert status == 200
    assert "asked 2.0" in page and "there 7.0" in page


async def test_probes_say_what_they_are_told_and_routes_are_added():
    why: list[str] = []

    async def more(request: web.Request) -> web.Response:
        return web.json_response({"asked": request.match_info["what"]})

    port = Port(
        (),
        health=lambda: health(why[0] if why else ""),
        readiness=lambda: Answer(not why, {"ready": not why}),
        routes=(web.get("/more/{what}", more),),
    )
    async with asking(port) as ask:
        assert await ask("/healthz") == (200, {"status": "ok"})
        assert await ask("/readyz") == (200, {"ready": True})
        assert await ask("/more/this") == (200, {"asked": "this"})
        assert (await ask("/state/c-1"))[0] == 404
        why.append("ShardLost: 3")
        assert await ask("/healthz") == (503, {"status": "ShardLost: 3"})
        assert await ask("/readyz") == (503, {"ready": False})


async def test_a_desk_that_waits_is_alive_and_says_so_and_one_that_ends_is_not():
    standings, why = Standings(), [""]
    port = desk_port((), standings, failing=lambda: why[0], ready=lambda: True)
    async with asking(port) as ask:
        assert await ask("/readyz") == (200, {"ready": True, "troubles": {}})
        standings.trouble("database", "away (TimeoutError)")
        troubles = {"database": "away (TimeoutError)"}
        assert await ask("/healthz") == (200, {"status": "database: away (TimeoutError)", "troubles": troubles})
        assert await ask("/readyz") == (503, {"ready": False, "troubles": troubles})
        standings.well("database")
        why[0] = "no such table"
        assert await ask("/healthz") == (503, {"status": "no such table", "troubles": {}})
        assert await ask("/readyz") == (503, {"ready": False, "troubles": {}})
