"""What the store does of itself now and then: deletes what is old, seals anew what an old key sealed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import Column, Table, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.base import Base
from stream.desk.store.database import Database
from stream.desk.store.repositories.retention import KINDS, delete_aged
from stream.desk.store.tables import Profile
from stream.desk.store.vault import Vault
from stream.settings.desk import Retention

_DAY_MS = 86_400_000


async def prune(database: Database, retention: Retention, now: int) -> dict[str, int]:
    """Delete what has been kept for its days and return how many rows of each kind; `now`: epoch ms.

    Each chunk is a transaction of its own: it can be stopped at any time, and others write in between.
    """
    return {kind: await _prune_kind(database, kind, retention, now) for kind in KINDS}


async def _prune_kind(database: Database, kind: str, retention: Retention, now: int) -> int:
    before = now - round(getattr(retention, kind) * _DAY_MS)
    total = 0
    for aged in KINDS[kind]:
        gone = retention.chunk
        while gone == retention.chunk:
            async with database.transaction() as session:
                gone = await delete_aged(session, aged, before, retention.chunk)
            total += gone
            await asyncio.sleep(0)
    return total


async def reseal(database: Database, vault: Vault, chunk: int = 500) -> int:
    """Seal everything with the vault's newest key and return how many rows that were; then old keys can go.

    Raises:
        VaultError: something was sealed by a key that is not here.
    """
    total = 0
    for sealed_table in Base.metadata.sorted_tables:
        if columns := [column for column in sealed_table.c if column.name.endswith("_sealed")]:
            async for count in _reseal_table(database, vault, sealed_table, columns, chunk):
                total += count
    return total


async def _reseal_table(
    database: Database, vault: Vault, sealed: Table, columns: list[Column[Any]], chunk: int
) -> AsyncIterator[int]:
    """Go through a table by its key, a chunk a transaction."""
    key = list(sealed.primary_key.columns)
    after: tuple[Any, ...] | None = None
    while True:
        async with database.transaction() as session:
            page = select(*key, *columns).order_by(*key).limit(chunk)
            rows = (await session.execute(page if after is None else page.where(tuple_(*key) > after))).all()
            for row in rows:
                await _reseal_row(session, vault, sealed, row._mapping)
        if not rows:
            return
        yield len(rows)
        after = tuple(rows[-1][: len(key)])


async def _reseal_row(session: AsyncSession, vault: Vault, sealed: Table, row: Any) -> None:
    same = [column == row[column.name] for column in sealed.primary_key.columns]
    changes: dict[str, Any] = {
        name: vault.reseal(value) for name, value in row.items() if name.endswith("_sealed") and value is not None
    }
    if sealed.name == Profile.__tablename__:
        for what in ("name", "phone"):
            plain = vault.open_if(row[f"{what}_sealed"])
            changes[f"{what}_index"] = vault.index(plain) if plain else None
    if changes:
        await session.execute(update(sealed).where(*same).values(changes))
