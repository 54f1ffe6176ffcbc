"""How far a consumer group is, as the broker says it: seen from outside, at no cost to the group's members."""

from __future__ import annotations

import asyncio
from types import TracebackType

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from stream.broker.clients import client_options
from stream.config import Settings

from .engines.peer import INPUTS


class Committed:
    """Sums a group's committed offsets over the load's topics; of topics read from 0 on that is what it has handled."""

    def __init__(self, settings: Settings) -> None:
        """`settings` name broker, prefix, partition count and group."""
        self._settings = settings
        self._partitions = [
            TopicPartition(settings.topics.prefix + topic, number)
            for topic in INPUTS
            for number in range(settings.topics.partitions)
        ]
        self._runner = asyncio.Runner()
        self._client: AIOKafkaAdminClient | None = None
        self._coordinator: int | None = None

    def __enter__(self) -> Committed:
        """Connect."""
        self._runner.run(self._start())
        return self

    async def _start(self) -> None:
        self._client = AIOKafkaAdminClient(**client_options(self._settings.kafka))
        await self._client.start()

    def read(self) -> int:
        """Return the sum now; 0 while the group is unknown."""
        return self._runner.run(self._read())

    async def _read(self) -> int:
        assert self._client is not None, "use it as a context manager"
        group = self._settings.engine.group
        try:
            if self._coordinator is None:
                self._coordinator = await self._client.find_coordinator(group)
            found = await self._client.list_consumer_group_offsets(group, self._coordinator, self._partitions)
        except KafkaError:  # the coordinator is still loading, or knows nothing yet
            self._coordinator = None
            return 0
        return sum(max(0, offset.offset) for offset in found.values())

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        if self._client is not None:
            self._runner.run(self._client.close())
        self._runner.close()
