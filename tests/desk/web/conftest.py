"""The desk's page on a store with a small town in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from support.desk_rows import NOW
from support.desk_town import settle
from support.desk_web import Answers, Browser, Clock, served, site
from support.identity import Provider

from stream.desk.store.database import Database
from stream.desk.store.vault import Vault
from stream.desk.web.site import Site


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workers() -> Answers:
    return Answers()


@pytest.fixture
async def town(database: Database, vault: Vault, clock: Clock, workers: Answers) -> AsyncIterator[Site]:
    """A site on both databases, one after the other."""
    await settle(database, vault)
    made = site(database, vault, clock, workers)
    made.hub.start()
    yield made
    await made.hub.close()


@pytest.fixture
async def small(embedded: Database, vault: Vault, clock: Clock, workers: Answers) -> AsyncIterator[Site]:
    """A site on SQLite only, for what knows nothing of the difference."""
    await settle(embedded, vault)
    made = site(embedded, vault, clock, workers)
    made.hub.start()
    yield made
    await made.hub.close()


async def _browsers(given: Site) -> AsyncIterator[Callable[[str], Awaitable[Browser]]]:
    server = served(given)
    await server.start_server()
    opened: list[Browser] = []

    async def signed_in(staff_id: str = "") -> Browser:
        browser = Browser(server)
        opened.append(browser)
        return await browser.sign_in(staff_id) if staff_id else browser

    yield signed_in
    for browser in opened:
        await browser.client.session.close()
    await given.hub.close()
    await server.close()


@pytest.fixture
async def as_(town: Site) -> AsyncIterator[Callable[[str], Awaitable[Browser]]]:
    """Return a browser of somebody signed in, or of nobody; on both databases."""
    async for made in _browsers(town):
        yield made


@pytest.fixture
async def who(small: Site) -> AsyncIterator[Callable[[str], Awaitable[Browser]]]:
    """The same on SQLite only."""
    async for made in _browsers(small):
        yield made


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """An identity provider of the tests' own."""
    made = Provider(now_s=NOW // 1000)
    await made.server.start_server()
    yield made
    await made.server.close()
