"""The trainer as a service of a Faust worker."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import mode
from aiokafka.errors import KafkaError

from stream.broker.reach import reach
from stream.config import Settings
from stream.engine.kafka.broadcast import Broadcast
from stream.engine.log.deadletter import build_version
from stream.engine.log.port import Headers
from stream.engine.store.slots import Slot
from stream.logs import calm_clients
from stream.port import Answer, Port, health
from stream.trainer_metrics import TrainerMetrics
from stream.training.examples import Examples
from stream.training.publisher import FAULTS, Publisher, Superseded
from stream.training.session import Session

log = logging.getLogger(__name__)

_STOP_S = 15.0


class TrainerService(mode.Service):
    """Learns from every example once and publishes. Ends the process rather than stay half alive."""

    def __init__(self, settings: Settings, metrics: TrainerMetrics | None = None, **kwargs: object) -> None:
        """`settings` with a bootstrap address (`stream.broker.launcher.located`)."""
        super().__init__(**kwargs)
        self.settings = settings
        self.metrics = metrics or TrainerMetrics()
        self.broadcasts = {topic: Broadcast(settings, topic) for topic in ("settings", "models")}
        self._examples = Examples(settings)
        self._publisher = Publisher(settings)
        self._leaving = AsyncExitStack()
        self._started = asyncio.Event()
        self._begun = asyncio.Event()
        self._at_rest = asyncio.Event()
        self._busy = asyncio.Lock()
        self._why = ""
        self._caught_up = False

    async def on_start(self) -> None:
        """Check the topics, take the place of the trainer before, listen."""
        settings, folder = self.settings, self.settings.model.trainer.state_dir
        calm_clients()  # by now Faust has put its handlers where it wants them
        self.metrics.build.labels(build_version()).set(1)
        await reach(settings)
        try:
            slot = Slot(folder.parent, folder.name)
        except OSError:
            raise OSError(f"{folder}: another trainer runs from this folder (model.trainer.state_dir)") from None
        self._leaving.callback(slot.release)
        self._leaving.push_async_callback(self._bounded, self._publisher.stop)
        await self._publisher.start()
        self._leaving.push_async_callback(self._bounded, self._examples.stop)
        self.session = Session(
            settings,
            self._publisher,
            self.metrics,
            self.broadcasts["models"].latest,
            self.broadcasts["settings"].latest,
        )
        self._leaving.callback(self.session.close)
        port = Port(
            (self.metrics.registry,), health=lambda: health(self._why), readiness=self._readiness, before=self._look
        )
        self._leaving.push_async_callback(port.stop)
        number = await port.start(settings.http.host, settings.http.port)
        log.info("trainer on http://%s:%d, checkpoint in %s", settings.http.host, number, folder)
        self._started.set()

    @mode.Service.task
    async def _listen(self) -> None:
        """Follow `models` and `settings`."""
        await self._guarded(asyncio.gather(*(broadcast.run() for broadcast in self.broadcasts.values())))

    @mode.Service.task
    async def _learn(self) -> None:
        """Take examples until the end."""
        try:
            await self._guarded(self._work())
        finally:
            self._at_rest.set()

    async def _work(self) -> None:
        await self._started.wait()
        for broadcast in self.broadcasts.values():
            await broadcast.caught_up.wait()
        first, ends = await self._examples.start()
        session = self.session
        session.begin(first, ends)
        await session.save()  # the sequence that it begins with stands before anything is published
        self._examples.seek(session.positions)
        self._begun.set()
        while not self.should_stop:
            exhausted = await self._examples.fetch()
            for item in self._examples.merge.take(exhausted):
                async with self._busy:
                    await session.take(item)
                await asyncio.sleep(0)  # learning keeps the loop busy; others have their turn
                if self.should_stop:
                    return
            passed = {number: await self._examples.passed(number) for number in exhausted}
            async with self._busy:
                await session.passed({number: place for number, place in passed.items() if place is not None})
                await session.now_and_then()
            self._caught_up = self._caught_up or all(session.positions[n] >= end for n, end in ends.items())

    async def publish(self, headers: Headers = ()) -> bool:
        """Publish now, on an operator's word; tell whether there was anything to publish."""
        await self._begun.wait()
        async with self._busy:
            return await self.session.publish(headers) is not None

    def _readiness(self) -> Answer:
        ready = self._caught_up and not self._why
        return Answer(ready, {"ready": ready})

    async def _look(self) -> None:
        if self._begun.is_set():
            for number, position in self.session.positions.items():
                self.metrics.lag.labels(str(number)).set(await self._examples.lag(number, position))

    async def _guarded(self, work: Awaitable[object]) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception as fault:
            self._why = str(fault) if isinstance(fault, Superseded) else f"{type(fault).__name__}: {fault}"
            log.error("the trainer ends: %s", self._why)
            self._crashing = asyncio.ensure_future(self.crash(fault))

    async def on_stop(self) -> None:
        """Finish the example in hand, write the checkpoint, let go."""
        if self._started.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._at_rest.wait(), _STOP_S)
            if not self._why and self._begun.is_set():
                await self._bounded(self.session.save)
        await self._leaving.aclose()

    async def _bounded(self, ending: Callable[[], Awaitable[None]]) -> None:
        """Give the broker some seconds to take part in an ending."""
        try:
            await asyncio.wait_for(ending(), _STOP_S)
        except (*FAULTS, KafkaError, TimeoutError, Superseded):
            log.info("the broker does not answer: left without a word to it")
