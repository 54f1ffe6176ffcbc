"""The desk as a service of a Faust worker: its parts put together, started in their order, and ended in the other."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import mode
from aiokafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError

from stream.broker.reach import reach
from stream.clock import wall_ms
from stream.config import Settings
from stream.desk import wiring
from stream.desk.port import desk_port
from stream.desk.standing import Standings
from stream.desk.store.database import Database, is_away, name_of
from stream.desk.store.keys import load_vault
from stream.desk.store.migrate import migrate
from stream.desk.wiring import Parts
from stream.desk_metrics import DeskMetrics
from stream.engine.log.deadletter import build_version
from stream.engine.store.slots import Slot
from stream.faults import describe
from stream.logs import calm_clients

log = logging.getLogger(__name__)

_STOP_S = 10.0
_LOOK_EVERY_S = 2.0
_AGAIN_S = 1.0


class DeskService(mode.Service):
    """Owns the database, the intake, the outbox, the timers and the page. It waits for what is away, and goes on."""

    def __init__(
        self,
        settings: Settings,
        metrics: DeskMetrics | None = None,
        *,
        clock: Callable[[], int] = wall_ms,
        **kwargs: object,
    ) -> None:
        """`settings` with a bootstrap address (`stream.broker.launcher.located`); `clock`: see `wiring.build`.

        Raises:
            VaultError: there is no key to seal names with.
            PublicAddress: the development sign-in, where others could reach it.
        """
        super().__init__(**kwargs)
        self.settings = settings
        self.metrics = metrics or DeskMetrics()
        self.standings = Standings()
        self.database = Database.open(settings.desk.database)
        self.vault = load_vault(settings.desk)
        self.migrated = asyncio.Event()
        self.parts: Parts | None = None
        self.serving = asyncio.Event()
        self.url = ""  # of the page, once it serves
        self.internal_url = ""  # of metrics and health
        self._clock = clock
        self._leaving = AsyncExitStack()
        self._why = ""

    async def on_start(self) -> None:
        """Health first; then the database and the page, which need no broker; then wait for the broker."""
        calm_clients()  # by now Faust has put its handlers where it wants them
        settings, folder = self.settings, self.settings.desk.state_dir
        self.metrics.build.labels(build_version()).set(1)
        try:
            slot = Slot(folder.parent, folder.name)
        except OSError:
            raise OSError(f"{folder}: another desk runs from this folder (desk.state_dir)") from None
        self._leaving.callback(slot.release)
        self._leaving.push_async_callback(self._bounded, "database", self.database.close)
        self.parts = parts = wiring.build(
            settings, self.database, self.vault, self.metrics, self.standings,
            holder=f"{socket.gethostname()}:{folder.resolve()}", clock=self._clock,
        )  # fmt: skip
        await self._open_port(parts)
        self.add_future(self._guarded(self._watch()))
        self.add_future(self._guarded(self._serve(parts)))
        await reach(settings)
        self.add_future(self._guarded(self._stream(parts)))

    async def _open_port(self, parts: Parts) -> None:
        port = desk_port(parts.registries, self.standings, failing=lambda: self._why, ready=self._is_ready)
        self._leaving.push_async_callback(port.stop)
        number = await port.start(self.settings.http.host, self.settings.http.port)
        self.internal_url = f"http://{self.settings.http.host}:{number}"
        log.info("desk: metrics and health on %s", self.internal_url)

    async def _serve(self, parts: Parts) -> None:
        """Bring the database to this version's form, then show the page and look for what falls due."""
        await self._migrate()
        self._leaving.push_async_callback(self._bounded, "page", parts.page.stop)
        host, port = await parts.page.start()
        self.url = f"http://{host}:{port}"
        self.serving.set()
        log.info("desk: page on %s", self.url)
        await asyncio.gather(parts.timers.run(), *(worker() for worker in parts.workers))

    async def _stream(self, parts: Parts) -> None:
        """Read and publish once database and broker are there."""
        await self.migrated.wait()
        self._leaving.push_async_callback(self._bounded, "dead letters", parts.dead_letters.stop)
        await self._connect(parts)
        await asyncio.gather(parts.intake.run(), parts.publisher.run())

    async def _connect(self, parts: Parts) -> None:
        while True:
            try:
                await parts.dead_letters.start()
            except (KafkaError, OSError) as fault:
                self.standings.trouble("broker", f"away ({type(fault).__name__})")
                await parts.dead_letters.stop()
                await asyncio.sleep(_AGAIN_S)
            else:
                self.standings.well("broker")
                return

    async def _migrate(self) -> None:
        logging.getLogger("alembic").setLevel(logging.WARNING)  # it would speak at each look at the database's health
        while True:
            try:
                await migrate(self.settings.desk.database)
            except (SQLAlchemyError, OSError) as fault:
                if not is_away(fault):
                    raise
                self.standings.trouble("database", f"away ({name_of(fault)})")
                await asyncio.sleep(_AGAIN_S)
            else:
                self.standings.well("database")
                self.migrated.set()
                return

    @property
    def failing(self) -> str:
        """Return why the desk ends, or nothing while it is well."""
        return self._why

    async def _watch(self) -> None:
        """Say how the database is, again and again."""
        await self.migrated.wait()
        while True:
            health = await self.database.health()
            self.metrics.database_up.set(health.state != "away")
            if health.ok:
                self.standings.well("database")
            else:
                self.standings.trouble("database", f"{health.state} ({health.fault})")
            await asyncio.sleep(_LOOK_EVERY_S)

    def _is_ready(self) -> bool:
        return self.serving.is_set() and self.parts is not None and self.parts.intake.caught_up.is_set()

    async def _guarded(self, work: Awaitable[object]) -> None:
        """End the process rather than stay half alive."""
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception as fault:
            self._why = str(fault) if isinstance(fault, OSError) else describe(fault)  # others may hold values
            log.error("the desk ends: %s", self._why)
            self._crashing = asyncio.ensure_future(self.crash(fault))

    async def on_shutdown(self) -> None:
        """Let go, when nothing runs any more."""
        if self.parts is not None and self.migrated.is_set():
            await self._bounded("leases", self.parts.give_up)
        await self._leaving.aclose()

    async def _bounded(self, what: str, ending: Callable[[], Awaitable[None]]) -> None:
        """Give what is asked to end some seconds."""
        try:
            await asyncio.wait_for(ending(), _STOP_S)
        except Exception as fault:
            with contextlib.suppress(Exception):
                log.info("%s: left without a word to it (%s)", what, type(fault).__name__)
