"""An idempotent producer for the few records that belong to no shard's transaction."""

from __future__ import annotations

from aiokafka import AIOKafkaProducer

from stream.broker.clients import client_options
from stream.config import Settings
from stream.engine.log.partition import partition_for
from stream.topics import BY_NAME


class KafkaSender:
    """Writes single records, keyed as everybody keys them."""

    def __init__(self, settings: Settings) -> None:
        """Prepare; `start` connects."""
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect."""
        self._producer = AIOKafkaProducer(
            **client_options(self._settings.kafka), enable_idempotence=True, max_request_size=16 << 20
        )
        await self._producer.start()

    async def stop(self) -> None:
        """Flush and disconnect."""
        if self._producer is not None:
            await self._producer.stop()

    async def send(
        self, topic: str, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]] | None = None
    ) -> None:
        """Write one record to the partition of its key and wait until it is there."""
        assert self._producer is not None, "start the sender first"
        count = BY_NAME[topic].partitions or self._settings.topics.partitions
        await self._producer.send_and_wait(
            self._settings.topics.prefix + topic,
            value,
            key=key,
            partition=partition_for(key or b"", count),
            headers=headers or [],
        )
