"""What all schedules of a run share: a PostgreSQL, started when one asks for it, and brokers' empty directories."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from support.desk_stores import settings_of
from support.postgres import Cluster

from stream.settings.desk import Database as StoreSettings


class Ground:
    """Lends databases. Close it."""

    def __init__(self) -> None:
        self.postgres: Cluster | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="churnwatch-chaos-ground-")
        self.templates = Path(self._folder.name)

    async def database(self, name: str) -> StoreSettings:
        """Return the settings of a new, empty database."""
        if self.postgres is None:
            made = await asyncio.to_thread(Cluster.make)
            made.start()  # here: it ends with the thread that started it
            self.postgres = made
        await asyncio.to_thread(self.postgres.sql, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await asyncio.to_thread(self.postgres.sql, f"CREATE DATABASE {name}")
        return settings_of(self.postgres.url(name))

    def close(self) -> None:
        """End it."""
        if self.postgres is not None:
            self.postgres.remove()
        self._folder.cleanup()
