"""Records as the intake reads them, without a broker."""

from __future__ import annotations

from typing import Any

import msgspec

from stream.config import Settings, load
from stream.desk.acts.deed import Context
from stream.desk.intake.edge import Edge, Item
from stream.desk.intake.reading import Came
from stream.desk.store.vault import Vault
from stream.domain.alerts import Alert
from stream.engine.assemble import business, codec
from stream.engine.log.memory import MemoryRecord
from support.desk_rows import NOW


def context_of(vault: Vault, **desk: Any) -> Context:
    """Return what acting goes by, with the shipped settings but for `desk`."""
    settings = load(env={})
    return Context(settings.desk.model_copy(update=desk), business(settings), vault)


def edge(settings: Settings | None = None) -> Edge:
    """Return the edge that reads records."""
    return Edge(codec(settings or load(env={})), max_bytes=1 << 20)


def came(topic: str, key: str, value: bytes | None, *, offset: int = 0, partition: int = 0, time: int = NOW) -> Came:
    """Return a record as it comes."""
    return Came(topic, partition, MemoryRecord(offset, time, key.encode(), value))


def item(value: Any, *, topic: str = "alerts", offset: int = 0, partition: int = 0) -> Item:
    """Return a record that could be read; an alert goes through the edge."""
    record = came(
        topic, getattr(value, "customer_id", ""), msgspec.json.encode(value), offset=offset, partition=partition
    )
    return edge().read(record) if isinstance(value, Alert) else Item(record, value)
