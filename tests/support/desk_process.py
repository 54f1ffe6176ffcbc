"""A `churnwatch desk` of a test's own, and what stands in its store."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import msgspec
from aiokafka import AIOKafkaProducer
from sqlalchemy import select

from stream.broker.clients import client_options
from stream.config import Settings
from stream.desk.store.base import Base
from stream.desk.store.database import Database
from stream.desk.store.vault import new_key
from stream.domain.alerts import Alert, headers
from stream.engine.log.partition import partition_for
from stream.settings.desk import Database as StoreSettings
from support.processes import WorkerProcess

Row = TypeVar("Row", bound=Base)
_HEALTH = re.compile(r"metrics and health on (http://[\w.:]+)")
_PAGE = re.compile(r"page on (http://[\w.:]+)")


class DeskProcess(WorkerProcess):
    """A desk; several of one test share `folder`, and with it the store."""

    def __init__(
        self, settings: Settings, folder: Path, name: str = "desk", more: str = "", store: StoreSettings | None = None
    ) -> None:
        """Start it; `more`: TOML behind the sections that every test needs; `store`: in place of the folder's own."""
        config = _config(folder, more, store or store_of(folder))
        super().__init__(settings, folder / f"{name}.log", "desk", "--config", str(config))

    @property
    def page(self) -> str:
        """Return the address of its page."""
        return _PAGE.findall(self.said)[-1]

    def _listens(self) -> str | None:
        found = _HEALTH.findall(self.said)
        return found[-1] if found else None


def _config(folder: Path, more: str, store: StoreSettings) -> Path:
    file, key = folder / "desk.toml", folder / "key"
    folder.mkdir(parents=True, exist_ok=True)
    if not key.exists():
        key.write_text(new_key(), encoding="ascii")
    text = f"""
[desk]
port = 0
state_dir = "{folder / "desk"}"
keys = {{ file = "{key}" }}
database = {{ url = "{store.url.get_secret_value()}", busy_timeout_s = {store.busy_timeout_s} }}
"""
    file.write_text(text + more, encoding="utf-8")
    return file


def store_of(folder: Path) -> StoreSettings:
    """Return the store of the desks in a folder."""
    return StoreSettings(url=f"sqlite:///{folder / 'desk.db'}")


@asynccontextmanager
async def opened(folder: Path, store: StoreSettings | None = None) -> AsyncIterator[Database]:
    """Open the store beside the desk."""
    database = Database.open(store or store_of(folder))
    try:
        yield database
    finally:
        await database.close()


async def rows(database: Database, entity: type[Row]) -> list[Row]:
    """Return all rows of a table."""
    async with database.reading() as session:
        return list(await session.scalars(select(entity)))


@asynccontextmanager
async def engine(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    """Produce as a shard does: in transactions."""
    producer = AIOKafkaProducer(**client_options(settings.kafka), transactional_id=f"{settings.engine.group}-test")
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def emit(producer: AIOKafkaProducer, settings: Settings, alerts: Sequence[Alert], *, commit: bool = True) -> None:
    """Send alerts in one transaction, which is committed or aborted once the broker has them all."""
    await producer.begin_transaction()
    for alert in alerts:
        await put(producer, settings, alert.customer_id, msgspec.json.encode(alert), headers(alert))
    await (producer.commit_transaction() if commit else producer.abort_transaction())


async def put(
    producer: AIOKafkaProducer,
    settings: Settings,
    customer: str,
    value: bytes,
    given: Sequence[tuple[str, bytes]] = (),
) -> None:
    """Send one record to `alerts`, within a transaction."""
    key = customer.encode()
    await producer.send_and_wait(
        settings.topics.prefix + "alerts",
        value,
        key=key,
        partition=partition_for(key, settings.topics.partitions),
        headers=list(given),
    )
