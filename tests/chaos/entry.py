"""A worker that ends itself, as SIGKILL would, at a given place, or whose clock jumps: `python -m chaos.entry`.

`CHAOS_EXIT_AT` names the place (`PLACES`), `CHAOS_EXIT_AFTER` at which of its hits, counted over all shards;
`CHAOS_CLOCK_BY_S` by how much the clock is off from `CHAOS_CLOCK_AFTER_S` seconds on; `CHAOS_LOADING` how many of each
client's first questions for a group's offsets are refused; `CHAOS_METADATA_MS` how often it looks what topics there
are. Everything else is the worker as it is shipped.
"""

from __future__ import annotations

import asyncio
import functools
import os
import signal
import time
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.commit import OffsetFetchRequest, OffsetFetchResponse_v3

from stream.engine.kafka import intake
from stream.engine.store.rocks import Store
from stream.engine.worker.supervisor import Supervisor

PLACES = {
    "offsets": (AIOKafkaProducer, "send_offsets_to_transaction"),
    "send": (AIOKafkaProducer, "send_batch"),
    "before-commit": (AIOKafkaProducer, "commit_transaction"),
    "commit": (AIOKafkaProducer, "commit_transaction"),
    "store": (Store, "write"),
    "restore": (Store, "load"),
    "revoked": (Supervisor, "on_partitions_revoked"),
    "assigned": (Supervisor, "on_partitions_assigned"),
}
"""At `before-commit` all is sent and nothing promised; at `commit` it is acknowledged and the store knows nothing."""

BATCH = ("offsets", "send", "before-commit", "commit", "store")
RESTORE = ("restore",)
REBALANCE = ("revoked", "assigned")

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

    setattr(owner, name, guarded if asyncio.iscoroutinefunction(plain) else guarded_at_once)


def jump(after_s: float, by_s: float) -> None:
    """Have the clock that shards are given be off from a moment on."""
    plain, since = time.time_ns, time.monotonic() + after_s
    time.time_ns = lambda: plain() + (round(by_s * 1e9) if time.monotonic() > since else 0)


def load(refusals: int) -> None:
    """Have each client's first questions for a group's offsets answered as by a broker that is loading the group.

    What a broker of version 4.3 answers, seen when one was frozen for six seconds and woken: the whole question is
    refused (16, some milliseconds later 14), and no partition is named.
    """
    plain = AIOKafkaClient.send

    async def send(self: AIOKafkaClient, node_id: int, request: Any, **kwargs: Any) -> Any:
        if isinstance(request, OffsetFetchRequest):
            asked = vars(self)["chaos_asked"] = vars(self).get("chaos_asked", 0) + 1
            if asked <= refusals:
                return OffsetFetchResponse_v3(0, [], 14)
        return await plain(self, node_id, request, **kwargs)

    AIOKafkaClient.send = send


if __name__ == "__main__":
    if refusals := os.environ.get("CHAOS_LOADING"):
        load(int(refusals))
    if every_ms := os.environ.get("CHAOS_METADATA_MS"):
        intake._METADATA_MS = int(every_ms)
    if place := os.environ.get("CHAOS_EXIT_AT"):
        arm(place, int(os.environ["CHAOS_EXIT_AFTER"]))
    if by := os.environ.get("CHAOS_CLOCK_BY_S"):
        jump(float(os.environ["CHAOS_CLOCK_AFTER_S"]), float(by))
    from stream.cli.worker import command

    command(config=None, log_level="info")
