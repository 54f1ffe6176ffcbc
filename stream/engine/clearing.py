"""Takes forgotten customers out of a store's files, in a thread: others go on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from stream.engine.store import Store, keys_of


async def clear(store: Store, customers: Iterable[bytes], changes: Iterable[tuple[bytes, int, int]]) -> None:
    """Leave nothing of them in the store's files; `changes` of the due index: customer, before, after.

    Who is cancelled meanwhile learns of it afterwards: the store is not closed before it is done.
    """
    dues: dict[bytes, list[int]] = {customer: [] for customer in customers}
    for customer, due, _ in changes:
        if customer in dues:
            dues[customer].append(due)
    keys = [key for customer, times in dues.items() for key in keys_of(customer, times)]
    task = asyncio.ensure_future(asyncio.to_thread(store.purge, keys))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
