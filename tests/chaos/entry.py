"""A worker that ends itself, as SIGKILL would, at a given place in a batch: `python -m chaos.entry`.

`CHAOS_EXIT_AT` names the place (`PLACES`), `CHAOS_EXIT_AFTER` at which of its hits, counted over all shards. Everything
else is the worker as it is shipped.
"""

from __future__ import annotations

import functools
import os
import signal
from typing import Any

from aiokafka import AIOKafkaProducer

from stream.engine.store import Store

PLACES = {
    "offsets": (AIOKafkaProducer, "send_offsets_to_transaction"),
    "send": (AIOKafkaProducer, "send_batch"),
    "before-commit": (AIOKafkaProducer, "commit_transaction"),
    "commit": (AIOKafkaProducer, "commit_transaction"),
    "store": (Store, "write"),
}
"""At `before-commit` all is sent and nothing promised; at `commit` it is acknowledged and the store knows nothing."""

_BEFORE = frozenset({"before-commit"})


class Fuse:
    """Ends the process at the n-th call."""

    def __init__(self, hits: int) -> None:
        self._left = hits

    def burn(self) -> None:
        """Count a hit."""
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


def arm(place: str, hits: int) -> None:
    """Put a fuse at a place."""
    owner, name = PLACES[place]
    plain = getattr(owner, name)
    fuse = Fuse(hits)

    @functools.wraps(plain)
    async def guarded(*args: Any, **kwargs: Any) -> Any:
        if place in _BEFORE:
            fuse.burn()
        result = await plain(*args, **kwargs)
        fuse.burn()
        return result

    @functools.wraps(plain)
    def guarded_at_once(*args: Any, **kwargs: Any) -> Any:
        result = plain(*args, **kwargs)
        fuse.burn()
        return result

    setattr(owner, name, guarded_at_once if owner is Store else guarded)


if __name__ == "__main__":
    arm(os.environ["CHAOS_EXIT_AT"], int(os.environ["CHAOS_EXIT_AFTER"]))
    from stream.cli.worker import command

    command(config=None, log_level="info")
