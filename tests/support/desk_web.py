"""The desk's web application for tests: a site with a clock of the test's own, and somebody's browser on it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp.test_utils import TestClient, TestServer

from stream.config import Settings, load
from stream.desk.push.hub import Hub
from stream.desk.store.database import Database
from stream.desk.store.vault import Vault
from stream.desk.web.application import build
from stream.desk.web.site import Site
from stream.engine.assemble import business
from stream.metrics import Metrics
from stream.ops.asking import NoAnswer, Unknown
from support.desk_rows import NOW


@dataclass
class Clock:
    """Wall clock, moved by hand; epoch ms."""

    now: int = NOW

    def __call__(self) -> int:
        return self.now


@dataclass
class Answers:
    """Stands where the workers are: a customer's answers as they are put in, as `/why` and `/state` of a worker."""

    known: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    states: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    silent: bool = False

    async def why(self, customer_id: str) -> Mapping[str, Any]:
        if self.silent:
            raise NoAnswer("no worker runs")
        if customer_id not in self.known:
            raise Unknown(customer_id)
        return self.known[customer_id]

    async def state(self, customer_id: str) -> Mapping[str, Any]:
        if self.silent:
            raise NoAnswer("no worker runs")
        if customer_id not in self.states:
            raise Unknown(customer_id)
        return self.states[customer_id]


def settings(**desk: Any) -> Settings:
    """Return the shipped configuration with what differs under `[desk]`."""
    shipped = load(env={})
    return Settings.model_validate(shipped.model_dump() | {"desk": _merged(shipped.desk.model_dump(), desk)})


def _merged(low: dict[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(low)
    for name, value in high.items():
        made[name] = (
            _merged(made[name], value) if isinstance(value, Mapping) and isinstance(made.get(name), dict) else value
        )
    return made


def site(database: Database, vault: Vault, clock: Clock, asker: Answers, given: Settings | None = None) -> Site:
    """Return a site; start and close its hub."""
    chosen = given or settings()
    return Site(
        database=database,
        vault=vault,
        settings=chosen,
        business=business(chosen),
        clock=clock,
        hub=Hub(database, poll_s=0.2),
        asker=asker,
        metrics=Metrics(),
    )


class Browser:
    """Somebody's browser: cookies, and the token of the page it is on."""

    def __init__(self, server: TestServer) -> None:
        self.client: TestClient[Any, Any] = TestClient(server, cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.csrf = ""

    async def sign_in(self, staff_id: str) -> Browser:
        answer = await self.client.post("/sign-in/as", data={"staff_id": staff_id}, allow_redirects=False)
        assert answer.status == 303, await answer.text()
        me = await self.client.get("/api/v1/me")
        self.csrf = (await me.json())["csrf"] if me.status == 200 else ""
        return self

    async def get(self, path: str, **more: Any) -> aiohttp.ClientResponse:
        return await self.client.get(path, allow_redirects=False, **more)

    async def text(self, path: str, **more: Any) -> str:
        answer = await self.get(path, **more)
        assert answer.status == 200, (path, answer.status, await answer.text())
        return await answer.text()

    async def post(self, path: str, form: Mapping[str, Any] | None = None, **more: Any) -> aiohttp.ClientResponse:
        data = {"csrf": self.csrf, "action_id": secrets.token_hex(8), **(form or {})}
        return await self.client.post(path, data=data, allow_redirects=False, **more)

    async def send(self, path: str, body: Any) -> aiohttp.ClientResponse:
        headers = {"X-CSRF-Token": self.csrf}
        return await self.client.post(path, json=body, headers=headers, allow_redirects=False)


def served(given: Site) -> TestServer:
    """Return a server on loopback."""
    return TestServer(build(given), host="127.0.0.1")


def ids_of_cards(page: str) -> list[str]:
    """Return the customers of a page's cards, in their order."""
    return re.findall(r'data-customer="([^"]+)" data-priority', page)
