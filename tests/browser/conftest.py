"""A real Chromium (Debian's) on the desk's page. One that is not installed fails the tests.

`DESK_SCREENSHOTS` names a folder where the tests leave pictures of what they saw.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, Page
from support.chromium import PHONE, WIDE, browsing
from support.desk_rows import NOW
from support.desk_stores import settings_of
from support.desk_town import settle
from support.desk_web import Answers, Clock, site
from support.worker_answers import answer, drained

from stream.desk.push.hub import Hub
from stream.desk.store.database import Database
from stream.desk.store.migrate import migrate
from stream.desk.store.vault import Vault, new_key
from stream.desk.web.application import build
from stream.desk.web.site import Site

_PATIENCE_MS = 15_000


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with browsing() as browser:
        yield browser


@pytest.fixture(scope="session")
def moved() -> dict[str, Any]:
    """What a worker says of a customer who was drained today."""
    return answer(*drained(NOW), customer="c1")


@pytest.fixture
async def desk(tmp_path: Path, moved: dict[str, Any]) -> AsyncIterator[Site]:
    """A site on SQLite with a small town in it."""
    given, vault = settings_of(f"sqlite+aiosqlite:///{tmp_path / 'desk.db'}"), Vault([new_key()])
    await migrate(given)
    database = Database.open(given)
    await settle(database, vault)
    made = site(database, vault, Clock(), Answers(states={"c1": moved}))
    made.hub.start()
    yield made
    await made.hub.close()
    await database.close()


class Host:
    """A desk that can be stopped and started again at the same address, with a hub of its own each time."""

    def __init__(self, given: Site) -> None:
        self._site, self._port = given, 0
        self._hub: Hub | None = None
        self._server: TestServer | None = None

    async def start(self) -> str:
        self._hub = Hub(self._site.database, poll_s=0.2)
        self._hub.start()
        self._server = TestServer(build(replace(self._site, hub=self._hub)), host="127.0.0.1", port=self._port or None)
        await self._server.start_server()
        self._port = self._server.port
        return str(self._server.make_url("")).rstrip("/")

    async def stop(self) -> None:
        if self._hub is not None and self._server is not None:
            await self._hub.close()
            await self._server.close()


@pytest.fixture
async def host(desk: Site) -> AsyncIterator[Host]:
    made = Host(desk)
    yield made
    await made.stop()


@pytest.fixture
async def address(host: Host) -> str:
    return await host.start()


class Seen:
    """One person's browser: its pages share the sign-in, and must say nothing to the console."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context, self.address, self.complaints = context, address, []

    async def open(self, path: str = "/") -> Page:
        page = await self.context.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        await page.goto(self.address + path)
        return page

    async def sign_in(self, staff_id: str) -> Page:
        page = await self.open("/sign-in")
        await page.click(f"button[value='{staff_id}']")
        await page.wait_for_selector("#rows")
        return page


@pytest.fixture
async def seen(chromium: Browser, address: str) -> AsyncIterator[Callable[..., Awaitable[Seen]]]:
    """Return somebody's browser of a size, a language, and light or dark."""
    opened: list[Seen] = []

    async def make(size=WIDE, language="zh-CN", scheme="light") -> Seen:
        context = await chromium.new_context(
            viewport=size, locale=language, color_scheme=scheme, has_touch=size is PHONE, is_mobile=size is PHONE
        )
        opened.append(Seen(context, address))
        return opened[-1]

    yield make
    for one in opened:
        await one.context.close()
        assert one.complaints == []


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[..., Awaitable[None]]:
    """Return what leaves a picture of a page, where somebody wants them."""
    folder = os.environ.get("DESK_SCREENSHOTS", "")

    async def take(page: Page, name: str, *, whole: bool = True) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            await page.screenshot(path=Path(folder) / f"{name}.png", full_page=whole)

    return take
