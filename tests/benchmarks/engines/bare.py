"""The ceiling for this client: aiokafka `getmany` and `orjson.loads`, nothing kept, nothing written."""

from __future__ import annotations

import asyncio

import orjson
from aiokafka import AIOKafkaConsumer

from .peer import Counter, Told, told


async def run(given: Told) -> None:
    """Read and decode until ended."""
    counter = Counter(given.counter)
    consumer = AIOKafkaConsumer(
        *given.topics,
        bootstrap_servers=given.bootstrap,
        group_id=given.group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_bytes=8 << 20,
        fetch_max_wait_ms=50,
    )
    await consumer.start()
    try:
        while True:
            found = await consumer.getmany(timeout_ms=100, max_records=10_000)
            for records in found.values():
                for record in records:
                    orjson.loads(record.value)
                counter.add(len(records))
    finally:
        await consumer.stop()


if __name__ == "__main__":
    asyncio.run(run(told()))
