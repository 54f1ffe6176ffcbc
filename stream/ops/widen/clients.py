"""The Kafka clients of a widening, each for as long as it is needed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from stream.broker import admin
from stream.broker.clients import client_options, consuming
from stream.config import Settings
from stream.engine.kafka.log import COMPRESSION, RETRY_BACKOFF_MS

_TRANSACTION_MS = 60_000
_BATCH_BYTES = 900_000
_REQUEST_BYTES = 16 << 20

Offsets = dict[TopicPartition, OffsetAndMetadata]


@asynccontextmanager
async def reader(settings: Settings, isolation: str = "read_committed") -> AsyncIterator[Any]:
    """Yield a consumer of no group."""
    async with consuming(
        settings.kafka,
        isolation_level=isolation,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=8 << 20,
        fetch_max_wait_ms=20,
        retry_backoff_ms=RETRY_BACKOFF_MS,  # else it sleeps for 100 ms with each partition that it turns to
    ) as consumer:
        yield consumer


@asynccontextmanager
async def writer(settings: Settings, transactional_id: str) -> AsyncIterator[AIOKafkaProducer]:
    """Yield a transactional producer; entering ends what another one of this id had open, for good."""
    producer = AIOKafkaProducer(
        **client_options(settings.kafka),
        transactional_id=transactional_id,
        transaction_timeout_ms=_TRANSACTION_MS,
        compression_type=COMPRESSION,
        retry_backoff_ms=RETRY_BACKOFF_MS,
        max_batch_size=_BATCH_BYTES,
        max_request_size=_REQUEST_BYTES,
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def offsets(settings: Settings, group: str) -> Offsets:
    """Return what a group has committed, whatever the topics."""
    async with admin.connected(settings, "churnwatch-widen") as client:
        found: Offsets = await client.list_consumer_group_offsets(group)
    return {place: one for place, one in found.items() if one.offset >= 0}


async def place(settings: Settings, group: str, places: Mapping[TopicPartition, int]) -> None:
    """Have a group without members go on at these places."""
    async with consuming(settings.kafka, group_id=group, enable_auto_commit=False) as consumer:
        consumer.assign(list(places))
        if places:
            await consumer.commit(dict(places))
