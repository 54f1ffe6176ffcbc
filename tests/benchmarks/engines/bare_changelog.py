"""The ceiling of restoring: aiokafka `getmany` over the changelog, records looked at and forgotten."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition

from stream.topics import CHANGELOG

from .peer import Counter, Told, told


async def run(given: Told) -> None:
    """Read until ended."""
    counter = Counter(given.counter)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=given.bootstrap, auto_offset_reset="earliest", max_partition_fetch_bytes=8 << 20
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(given.prefix + CHANGELOG, number) for number in range(given.partitions)])
        while True:
            found = await consumer.getmany(timeout_ms=100, max_records=10_000)
            counter.add(sum(1 for records in found.values() for record in records if record.key))
    finally:
        await consumer.stop()


if __name__ == "__main__":
    asyncio.run(run(told()))
