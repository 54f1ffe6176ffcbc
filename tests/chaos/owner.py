"""One shard with an owner in this process, which takes it whether another holds it or not."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener

from stream.broker.clients import client_options
from stream.config import Settings
from stream.engine.assemble import Shards
from stream.engine.kafka.intake import Intake
from stream.engine.kafka.log import KafkaShardLog
from stream.engine.store.rocks import Store
from stream.metrics import Metrics
from stream.topics import INPUTS


class _Nobody(ConsumerRebalanceListener):
    def on_partitions_revoked(self, revoked: object) -> None:
        """Never called: there is no group."""

    def on_partitions_assigned(self, assigned: object) -> None:
        """Never called: there is no group."""


class LoneIntake(Intake):
    """An intake that is no member of a group: it holds shard 0 however many others do."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, _Nobody())

    async def start(self) -> None:
        self._consumer = AIOKafkaConsumer(
            **client_options(self._settings.kafka),
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_wait_ms=50,
        )
        await self._consumer.start()
        self._consumer.assign([self.partition(topic, 0) for topic in INPUTS])


class Owner:
    """Opens shard 0 and runs it until it is fenced or closed.

    Attributes:
        running: the task that runs the shard; it ends with `Fenced` when another owner came.
    """

    def __init__(self, settings: Settings, folder: Path, log: type[KafkaShardLog] = KafkaShardLog) -> None:
        self.intake = LoneIntake(settings)
        self.metrics = Metrics()
        self.log = log(settings, 0, self.intake)
        self.shard = Shards(settings, self.metrics).make(self.log, Store(folder))
        self.running: asyncio.Task[None] | None = None
        self._pumping: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Take the shard and go on from where it stood."""
        await self.intake.start()
        self.intake.attach(0, self.log)
        self._pumping = asyncio.create_task(self.intake.pump())
        await self.shard.open()
        self.running = asyncio.create_task(self.shard.run())

    async def close(self) -> None:
        """Let go of everything."""
        for task in (self.running, self._pumping):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task
        await self.intake.stop()
        await self.shard.close()
