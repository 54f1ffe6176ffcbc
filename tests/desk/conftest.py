"""For tests of the desk: a store of a test's own, on SQLite and on PostgreSQL.

`database` runs a test on both; `embedded` only on SQLite, for what knows nothing of the difference. A PostgreSQL that
is not installed fails the tests that need it.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from support.desk_stores import settings_of, sqlite_copy
from support.postgres import Cluster

from stream.desk.store.database import Database
from stream.desk.store.migrate import migrate
from stream.desk.store.vault import Vault, new_key
from stream.settings.desk import Database as StoreSettings

_NUMBERS = itertools.count(1)
_TEMPLATE = "template_desk"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A running PostgreSQL for the session, with a migrated database to copy."""
    cluster = Cluster.make()
    try:
        cluster.start()
        cluster.sql(f"CREATE DATABASE {_TEMPLATE}")
        asyncio.run(migrate(settings_of(cluster.url(_TEMPLATE))))
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    file = tmp_path_factory.mktemp("template") / "desk.db"
    asyncio.run(migrate(settings_of(f"sqlite+aiosqlite:///{file}")))
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreSettings]:
    """Settings of a database with nothing in it, not even tables."""
    if request.param == "sqlite":
        yield settings_of(f"sqlite+aiosqlite:///{tmp_path / 'desk.db'}")
        return
    cluster, name = request.getfixturevalue("postgres"), f"empty_{next(_NUMBERS)}"
    cluster.sql(f"CREATE DATABASE {name}")
    yield settings_of(cluster.url(name))
    cluster.sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def store_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreSettings]:
    """Settings of a migrated database of the test's own."""
    if request.param == "sqlite":
        yield sqlite_copy(request.getfixturevalue("sqlite_template"), tmp_path)
        return
    cluster, name = request.getfixturevalue("postgres"), f"desk_{next(_NUMBERS)}"
    cluster.sql(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    yield settings_of(cluster.url(name))
    cluster.sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(store_settings: StoreSettings) -> AsyncIterator[Database]:
    """An open store, once on SQLite and once on PostgreSQL."""
    opened = Database.open(store_settings)
    yield opened
    await opened.close()


@pytest.fixture
async def embedded(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """An open store on SQLite."""
    opened = Database.open(sqlite_copy(sqlite_template, tmp_path))
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def vault() -> Vault:
    """A vault with a key of the session's own."""
    return Vault([new_key()])
