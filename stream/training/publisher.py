"""Writes what the trainer says, each time in one transaction; a second trainer fences the first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, ProducerFenced

from stream.broker.clients import client_options
from stream.config import Settings
from stream.engine.log.partition import partition_for
from stream.engine.log.port import Message
from stream.topics import BY_NAME
from stream.training.examples import TOPIC


class Superseded(RuntimeError):
    """Another trainer has taken over: this one must write nothing more."""


class Publisher:
    """The transactional producer of the one trainer there is."""

    def __init__(self, settings: Settings) -> None:
        """Prepare; `start` connects."""
        self._settings = settings
        self._group = f"{settings.engine.group}-examples"
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect, and fence whoever was the trainer before."""
        self._producer = AIOKafkaProducer(
            **client_options(self._settings.kafka),
            transactional_id=f"{self._settings.engine.group}-trainer",
            transaction_timeout_ms=self._settings.engine.transaction_timeout_ms,
            compression_type="zstd",
            max_request_size=16 << 20,
        )
        await self._producer.start()

    async def stop(self) -> None:
        """Disconnect."""
        if self._producer is not None:
            await self._producer.stop()

    async def send(self, messages: Iterable[Message]) -> None:
        """Write records, all or none, and return when they are committed.

        Raises:
            Superseded: there is a newer trainer; nothing was written.
        """
        try:
            async with self._open.transaction():
                for message in messages:
                    count = BY_NAME[message.topic].partitions or self._settings.topics.partitions
                    await self._open.send_and_wait(
                        self._settings.topics.prefix + message.topic,
                        message.value,
                        key=message.key,
                        partition=partition_for(message.key or b"", count),
                        headers=list(message.headers),
                    )
        except ProducerFenced:
            raise Superseded("another trainer has taken over: this one ends") from None

    async def standing(self, positions: Mapping[int, int]) -> None:
        """Say in a group of its own where the trainer stands, so that its lag shows in Kafka's own tools.

        Nothing goes by it: the positions that count are in the checkpoint. It also tells a trainer that has nothing
        to publish that there is another.

        Raises:
            Superseded: as for `send`.
        """
        topic = self._settings.topics.prefix + TOPIC
        try:
            async with self._open.transaction():
                offsets = {TopicPartition(topic, number): offset for number, offset in positions.items()}
                await self._open.send_offsets_to_transaction(offsets, self._group)
        except ProducerFenced:
            raise Superseded("another trainer has taken over: this one ends") from None

    @property
    def _open(self) -> AIOKafkaProducer:
        assert self._producer is not None, "start first"
        return self._producer


FAULTS = (KafkaError, AssertionError)  # aiokafka asserts its way out of a fenced or expired transaction
