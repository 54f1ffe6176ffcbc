"""Takes forgotten customers out of a store's files, in a thread: others go on meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from stream.engine.store.rocks import Store, keys_of
from stream.engine.store.threads import to_the_end


async def clear(store: Store, customers: Iterable[bytes], changes: Iterable[tuple[bytes, int, int]]) -> None:
    """Leave nothing of them in the store's files; `changes` of the due index: customer, before, after.

    Who is cancelled meanwhile learns of it afterwards.
    """
    dues: dict[bytes, list[int]] = {customer: [] for customer in customers}
    for customer, due, _ in changes:
        if customer in dues:
            dues[customer].append(due)
    keys = [key for customer, times in dues.items() for key in keys_of(customer, times)]
    await to_the_end(partial(store.purge, keys))
