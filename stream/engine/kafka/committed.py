"""What a consumer group has committed, asked so that "I cannot say now" is never taken for "nothing"."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupLoadInProgressError, KafkaError

from stream.broker.clients import client_options
from stream.config import Settings

log = logging.getLogger(__name__)

_AGAIN_S = 0.2
_WITHIN_S = 30.0


async def committed(
    settings: Settings, partitions: Iterable[TopicPartition], within_s: float = _WITHIN_S
) -> dict[TopicPartition, int]:
    """Return the next offset of the engine's group in each partition; one without an offset is left out.

    A broker that is loading the group (it has just started, or was frozen and is back) refuses the whole question.
    aiokafka 0.14 reads only what is said of each partition, so its consumers take that for a group without offsets.
    Asked by name, a true answer names every partition, those without an offset too: any other is asked for again.

    Raises:
        KafkaError: the broker refuses, or cannot say within so many seconds.
    """
    admin = AIOKafkaAdminClient(**client_options(settings.kafka), client_id="churnwatch-offsets")
    try:
        await admin.start()
        found = await _asked(admin, settings.engine.group, list(partitions), within_s)
    finally:
        await admin.close()
    return {partition: entry.offset for partition, entry in found.items() if entry.offset >= 0}


async def _asked(admin: Any, group: str, partitions: list[TopicPartition], within_s: float) -> dict[Any, Any]:
    loop = asyncio.get_running_loop()
    began, refused = loop.time(), 0
    while True:
        try:
            found: dict[Any, Any] = await admin.list_consumer_group_offsets(group, partitions=partitions)
            if found.keys() >= set(partitions):
                break
            fault: KafkaError = GroupLoadInProgressError(f"group {group}: its coordinator names no offsets")
        except KafkaError as refusal:
            if not refusal.retriable:
                raise
            fault = refusal
        refused += 1
        if loop.time() - began > within_s:
            raise fault
        await asyncio.sleep(_AGAIN_S)
    if refused:
        log.info("group %s: offsets known after %.1f s, asked %d times", group, loop.time() - began, refused + 1)
    return found
