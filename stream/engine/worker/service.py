"""The engine as a service of the Faust worker: group member, shards, internal port, watchdog."""

from __future__ import annotations

import asyncio
import logging
import socket
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import mode
import msgspec
from aiokafka.errors import KafkaError

from stream.broker.reach import reach
from stream.clock import wall_ms
from stream.config import Settings
from stream.engine.kafka.broadcast import Archive, Broadcast
from stream.engine.kafka.sender import KafkaSender
from stream.engine.liveness.pulse import LOOP, Pulse
from stream.engine.liveness.watchdog import Watchdog
from stream.engine.log.deadletter import build_version
from stream.engine.shard.tally import expect
from stream.engine.store.slots import Slot
from stream.engine.worker import directory
from stream.engine.worker.first_start import settle_positions
from stream.engine.worker.http import InternalPort
from stream.engine.worker.supervisor import ShardLost, Supervisor
from stream.logs import calm_clients
from stream.metrics import Metrics
from stream.rules import registry
from stream.topics import INPUTS, STAFF

log = logging.getLogger(__name__)

_WATCH_S = 1.0
_STOP_S = 5.0
_BROADCAST = ("settings", "models", directory.TOPIC)


class EngineService(mode.Service):
    """Runs the shards that the group gives this worker. Ends the process rather than stay half alive."""

    def __init__(self, settings: Settings, metrics: Metrics | None = None, **kwargs: Any) -> None:
        """`settings` with a bootstrap address (`stream.broker.launcher.located`)."""
        super().__init__(**kwargs)
        self.settings = settings
        self.metrics = metrics or Metrics()
        self.instance = settings.engine.instance or f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
        self.sender = KafkaSender(settings)
        self.url = ""
        self._why = ""
        self._announcing = asyncio.Event()
        self._leaving = AsyncExitStack()
        self._staff = Archive(settings, STAFF)
        self.broadcasts = {topic: Broadcast(settings, topic) for topic in _BROADCAST} | {STAFF: self._staff}

    async def on_start(self) -> None:
        """Check the topics, settle first positions, listen, join the group."""
        settings = self.settings
        calm_clients()  # by now Faust has put its handlers where it wants them
        self.metrics.build.labels(build_version()).set(1)
        self.metrics.partitions.set(settings.topics.partitions)
        expect(self.metrics, INPUTS, registry.discover())
        await reach(settings)
        slot = Slot(settings.engine.state_dir, settings.engine.instance)
        self._leaving.callback(slot.release)
        settled = await settle_positions(settings)
        if settled:
            log.info("first start of group %s: %d initial positions committed", settings.engine.group, settled)
        self.owner = Supervisor(
            settings, slot, self.metrics, staff=self._staff, failed=self._fail, changed=self._announcing.set
        )
        self.port = InternalPort(
            self.owner,
            self.metrics,
            self.broadcasts[directory.TOPIC].latest,
            token=directory.token(settings),
            partitions=settings.topics.partitions,
            failing=lambda: self._why,
        )
        self._leaving.push_async_callback(self.port.stop)
        port = await self.port.start(settings.http.host, settings.http.port)
        self.url = f"http://{settings.http.advertise or settings.http.host}:{port}"
        log.info("worker %s on %s, state in %s", self.instance, self.url, slot.path)
        self._leaving.push_async_callback(self._bounded, self.sender.stop)
        await self.sender.start()
        self._leaving.push_async_callback(self._bounded, self._say_goodbye)
        self._leaving.push_async_callback(self._bounded, self.owner.intake.stop)
        self._leaving.push_async_callback(self.owner.stop)
        self._guard()
        await self.owner.intake.start()

    def _fail(self, fault: Exception) -> None:
        self._why = f"{type(fault).__name__}: {fault}"
        self._crashing = asyncio.ensure_future(self.crash(fault))

    @mode.Service.task
    async def _pump(self) -> None:
        """Hand records to the shards."""
        await self._guarded(self.owner.intake.pump())

    @mode.Service.task
    async def _listen(self) -> None:
        """Follow the broadcast topics."""
        await self._guarded(asyncio.gather(*(broadcast.run() for broadcast in self.broadcasts.values())))

    @mode.Service.task
    async def _obey(self) -> None:
        """Put in force what operators say on `settings`, from the beginning on."""
        said, models = self.broadcasts["settings"], self.broadcasts["models"]
        await models.caught_up.wait()  # the first batch is scored by what is in force, too
        self.owner.follow(models.latest)
        await self._keep_up(said, self.owner.apply)

    @mode.Service.task
    async def _follow_models(self) -> None:
        """Take each snapshot that the trainer publishes."""
        await self._keep_up(self.broadcasts["models"], self.owner.follow)

    async def _keep_up(self, broadcast: Broadcast, take: Callable[[Mapping[bytes, bytes]], None]) -> None:
        """Give `take` the topic once it is read to its end, and again whenever there is more."""
        await broadcast.caught_up.wait()
        while not self.should_stop:
            version = broadcast.version
            take(broadcast.latest)
            await broadcast.beyond(version)

    @mode.Service.task
    async def _announce(self) -> None:
        """Say which shards are ours whenever they change."""
        while not self.should_stop:
            await self._announcing.wait()
            self._announcing.clear()
            entry = directory.Entry(self.instance, self.url, self.owner.owned(), wall_ms())
            await self.sender.send(directory.TOPIC, self.instance.encode(), msgspec.json.encode(entry))

    def _guard(self) -> None:
        """Have the process ended when a shard has work and makes no progress: another worker can."""
        loop = asyncio.get_running_loop()

        def told(reason: str) -> None:
            loop.call_soon_threadsafe(self._fail, ShardLost(reason))

        limit_s = self.settings.engine.stall_limit_ms / 1000
        watchdog = Watchdog(self.owner.pulses.copy, limit_s, told, self.owner.whereabouts)
        self._leaving.callback(watchdog.stop)
        watchdog.start()

    @mode.Service.task
    async def _feel(self) -> None:
        """Say that the loop turns, and which shards starve."""
        turning = self.owner.pulses[LOOP] = Pulse()
        try:
            while not self.should_stop:
                turning.beat("callbacks wait")
                self.owner.feel(self.settings.engine.stall_limit_ms // 2)
                await self.sleep(_WATCH_S)
        finally:
            del self.owner.pulses[LOOP]

    async def _guarded(self, work: Any) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception as fault:
            self._fail(fault)

    async def on_stop(self) -> None:
        """Undo what `on_start` did, however far it came: finish the batches, leave the group, say goodbye."""
        await self._leaving.aclose()

    async def _say_goodbye(self) -> None:
        await self.sender.send(directory.TOPIC, self.instance.encode(), None)

    async def _bounded(self, ending: Callable[[], Awaitable[None]]) -> None:
        """Give the broker some seconds to take part in an ending."""
        try:
            await asyncio.wait_for(ending(), _STOP_S)
        except (KafkaError, TimeoutError, AssertionError):
            log.info("the broker does not answer: left without a word to it")
