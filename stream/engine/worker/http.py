"""The worker's internal port: metrics, health, and what is known about a customer."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec
import orjson
from aiohttp import web
from yarl import URL

from stream.domain.alerts import rfc3339
from stream.domain.state import encode
from stream.engine.log.partition import partition_for
from stream.engine.store.described import describe_state
from stream.engine.worker import directory
from stream.engine.worker.supervisor import Supervisor
from stream.engine.worker.why import standing, why
from stream.metrics import Metrics
from stream.port import Answer, Port, health

_FORWARDED = "X-Churnwatch-Forwarded"
_FORWARD_S = 5


class InternalPort:
    """An aiohttp application over one worker's shards."""

    def __init__(
        self,
        supervisor: Supervisor,
        metrics: Metrics,
        workers: Mapping[bytes, bytes],
        *,
        token: str,
        partitions: int,
        failing: Callable[[], str],
    ) -> None:
        """`workers`: the latest entries of the `workers` topic; `failing`: why the worker is unhealthy, or empty."""
        self._supervisor = supervisor
        self._workers = workers
        self._token = token
        self._partitions = partitions
        self._failing = failing
        self._port = Port(
            (metrics.registry,),
            health=lambda: health(failing()),
            readiness=self._readiness,
            before=self._report,
            routes=(web.get("/state/{customer}", self._state), web.get("/why/{customer}", self._why)),
        )

    async def start(self, host: str, port: int) -> int:
        """Listen and return the port."""
        return await self._port.start(host, port)

    async def stop(self) -> None:
        """Listen no more."""
        await self._port.stop()

    async def _report(self) -> None:
        for shard in list(self._supervisor.shards.values()):
            shard.report()

    def _readiness(self) -> Answer:
        restoring = self._supervisor.restoring()
        ready = not restoring and not self._failing() and self._supervisor.joined
        return Answer(ready, {"ready": ready, "running": sorted(self._supervisor.shards), "restoring": restoring})

    async def _state(self, request: web.Request) -> web.Response:
        return await self._question(request, "state", self._state_of)

    async def _why(self, request: web.Request) -> web.Response:
        return await self._question(request, "why", self._why_of)

    async def _question(self, request: web.Request, what: str, answer: Callable[[str, int], Any]) -> web.Response:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return _fault(401, "a bearer token is needed: http.token of the configuration")
        customer = request.match_info["customer"]
        shard = partition_for(customer.encode(), self._partitions)
        if shard in self._supervisor.shards:
            body = answer(customer, shard)
            if body is None:
                return _fault(404, "nothing is known about this customer")
            packed = orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS)
            return web.Response(body=packed, content_type="application/json")
        if _FORWARDED in request.headers:
            return _fault(503, f"shard {shard} is not here any more: ask again")
        return await self._forward(what, customer, shard)

    def _state_of(self, customer: str, shard: int) -> dict[str, Any] | None:
        state = self._supervisor.peek(shard, customer)
        if state is None:
            return None
        stored = encode(state)
        return {
            "customer_id": customer,
            "shard": shard,
            "bytes": len(stored),
            "state": describe_state(stored),
            "health": msgspec.to_builtins(self._supervisor.health(shard, state)),
        }

    def _why_of(self, customer: str, shard: int) -> dict[str, Any] | None:
        state = self._supervisor.peek(shard, customer)
        if state is None:
            return None
        now = self._supervisor.shards[shard].stream_time
        answers = why(state, *self._supervisor.rules(), now)
        return {
            "customer_id": customer,
            "shard": shard,
            "time": rfc3339(now),
            "standing": standing(state, now),
            "rules": msgspec.to_builtins(answers),
        }

    async def _forward(self, what: str, customer: str, shard: int) -> web.Response:
        entry = directory.owner(dict(self._workers), shard)
        if entry is None:
            return _fault(503, f"nobody owns shard {shard} just now: ask again")
        headers = {"Authorization": f"Bearer {self._token}", _FORWARDED: "1"}
        address = URL(f"{entry.url}/{what}/{quote(customer, safe='')}", encoded=True)
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_FORWARD_S)) as session,
                session.get(address, headers=headers) as answer,
            ):
                return web.Response(body=await answer.read(), status=answer.status, content_type="application/json")
        except (aiohttp.ClientError, TimeoutError):
            return _fault(503, f"the owner of shard {shard} does not answer: ask again")


def _fault(status: int, why: str) -> web.Response:
    return web.json_response({"error": why}, status=status)
