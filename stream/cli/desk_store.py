"""Work of a command on the desk's store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from stream.config import Settings
    from stream.desk.store.vault import Vault

T = TypeVar("T")


def run(config: Path | None, work: Callable[[AsyncSession, Vault, Settings, int], Awaitable[T]]) -> T:
    """Do it in one transaction on the desk's store; what a person can mend is one sentence."""
    from sqlalchemy.exc import SQLAlchemyError

    from stream.cli.console import faults
    from stream.config import ConfigError, load
    from stream.desk.notify.addresses import UrlError
    from stream.desk.notify.endpoints import UnknownError
    from stream.desk.notify.signing import SecretError
    from stream.desk.store.database import name_of
    from stream.desk.store.vault import VaultError

    with faults():
        settings = load(config)
        try:
            return asyncio.run(_worked(settings, work))
        except (UrlError, SecretError, UnknownError, VaultError) as fault:
            raise ConfigError(str(fault)) from None
        except SQLAlchemyError as fault:
            raise ConfigError(f"the desk's database cannot be used: {name_of(fault)}") from None


async def _worked(settings: Settings, work: Callable[[AsyncSession, Vault, Settings, int], Awaitable[T]]) -> T:
    from stream.clock import wall_ms
    from stream.desk.store.database import Database
    from stream.desk.store.keys import load_vault
    from stream.desk.store.migrate import migrate

    await migrate(settings.desk.database)
    database = Database.open(settings.desk.database)
    try:
        async with database.transaction() as tx:
            return await work(tx, load_vault(settings.desk), settings, wall_ms())
    finally:
        await database.close()
