"""A whole deployment as processes: brokers, workers, trainer and desk, and what starts again those that end."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from conftest import PARTITIONS
from support.desk_process import DeskProcess, store_of
from support.postgres import Cluster as Postgres
from support.processes import WorkerProcess, eventually

from chaos.cluster import Cluster
from chaos.fleet import TrickedWorker, for_chaos, with_engine
from chaos.model import put_in_force
from stream.broker import admin
from stream.config import Settings, load
from stream.settings.desk import Database as StoreSettings

TRAINER, DESK = "trainer", "desk"
_LOOK_S = 0.2
_STOP_S = 30.0
_READY_S = 180.0
_TRAINER = """
[model.trainer]
experts = ["logistic"]
champion = "logistic"
window = 1000
retained = 2000
publish_every = 200
checkpoint_every_s = 0.5
state_dir = "{folder}"
"""
_NOBODY_ESCALATES = "\n[desk.escalation]\nsteps = []\n"


@dataclass
class Role:
    """One process that is to run: `make` starts it, with tricks or without."""

    make: Callable[[dict[str, str]], WorkerProcess]
    process: WorkerProcess


@dataclass
class Stack:
    """The processes by name, and what happened to them.

    Attributes:
        ended: names of those that ended by themselves, as often as they did.
        notes: what was wrong meanwhile.
        missed: faults that waited in vain for their moment.
        compacted: the changelog no longer shows what came when.
        server: of the desk's database, if it has one.
        settings, straight: as the processes connect, and as the tests do.
    """

    folder: Path
    cluster: Cluster
    settings: Settings
    straight: Settings
    store: StoreSettings
    static: bool
    roles: dict[str, Role] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missed: int = 0
    compacted: bool = False
    server: Postgres | None = None

    @property
    def workers(self) -> list[str]:
        """Names of the workers that are to run."""
        return sorted(name for name in self.roles if name not in (TRAINER, DESK))

    def up(self, name: str, **tricks: str) -> None:
        """Start a role; what ends by itself later is started again without tricks."""
        make = {TRAINER: self._trainer, DESK: self._desk}.get(name, lambda tricks: self._worker(name, tricks))
        self.roles[name] = Role(make, make(tricks))

    async def kill(self, name: str) -> None:
        """End a role for now (SIGKILL)."""
        await self.roles.pop(name).process.kill()

    async def stop(self, name: str) -> None:
        """End a role in good order (SIGTERM); a role that does not is ended, and that is noted."""
        process = self.roles.pop(name).process
        try:
            status = await process.stop(_STOP_S)
        except Exception:  # it hangs: what it last said is in its log
            status = -1
            await process.kill()
        if status not in (0, -signal.SIGTERM):  # by the signal itself: it had only just been started again
            self.notes.append(f"{name} ended with {status} when told to end")

    async def ready(self) -> None:
        """Wait until everything is ready."""
        await asyncio.gather(*(role.process.ready(_READY_S) for role in self.roles.values()))

    async def is_ready(self, name: str, within_s: float = 120) -> None:
        """Wait until a role is ready, though it may end meanwhile and be started again."""

        async def answer() -> bool:
            found = await self.process(name).get("/readyz")
            return found is not None and found[0] == 200

        await eventually(answer, bool, within_s)

    def process(self, name: str) -> WorkerProcess:
        """Return the process of a role."""
        return self.roles[name].process

    async def stores(self, name: str) -> list[Path]:
        """Return the folders of the stores that a worker has open."""
        files = await asyncio.to_thread(lambda: psutil.Process(self.process(name).pid).open_files())
        return sorted({Path(file.path).parent for file in files if "/shard-" in file.path})

    async def kill_with_stores(self, name: str) -> None:
        """Kill a worker and take its stores away."""
        folders = await self.stores(name)
        await self.kill(name)
        for folder in folders:
            shutil.rmtree(folder)

    async def watch(self) -> None:
        """Start again what has ended by itself, as an orchestrator does, until cancelled."""
        while True:
            for name, role in list(self.roles.items()):
                if role.process.process.poll() is not None:
                    self.ended.append(name)
                    role.process = role.make({})
            await asyncio.sleep(_LOOK_S)

    def _worker(self, name: str, tricks: dict[str, str]) -> WorkerProcess:
        settings = with_engine(self.settings, instance=name) if self.static else self.settings
        log = self.folder / "logs" / f"{name}.log"
        return TrickedWorker(settings, log, tricks) if tricks else WorkerProcess(settings, log)

    def _trainer(self, _: dict[str, str]) -> WorkerProcess:
        config = self.folder / "trainer.toml"
        config.write_text(_TRAINER.format(folder=self.folder / "trainer"), encoding="utf-8")
        return WorkerProcess(self.settings, self.folder / "logs" / "trainer.log", "trainer", "--config", str(config))

    def _desk(self, _: dict[str, str]) -> WorkerProcess:
        return DeskProcess(self.settings, self.folder / "logs", more=_NOBODY_ESCALATES, store=self.store)


@contextlib.asynccontextmanager
async def stack(
    cluster: Cluster, folder: Path, workers: int, store: StoreSettings | None, *, static: bool, mounted: bool = False
) -> AsyncIterator[Stack]:
    """Give a stack that does not outlive its schedule; its topics are made, its processes are not ready yet.

    `mounted`: its stores are on a file system of their own.
    """
    settings = settings_for(cluster, folder)
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    made = Stack(folder, cluster, settings, at(settings, cluster.straight), store or store_of(folder / "logs"), static)
    watching: asyncio.Task[None] | None = None
    if mounted:
        _mount(settings.engine.state_dir)
    try:
        await admin.apply(made.straight)
        await put_in_force(made.straight)
        for name in (*(f"worker-{number}" for number in range(1, workers + 1)), TRAINER, DESK):
            made.up(name)
        watching = asyncio.create_task(made.watch())
        yield made
    finally:
        if watching is not None:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        for role in made.roles.values():
            role.process.wake()
            await role.process.kill()
        if mounted:
            subprocess.run(["umount", "--lazy", str(settings.engine.state_dir)], check=True)


def _mount(folder: Path) -> None:
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=192m", "churnwatch-chaos", str(folder)], check=True)


def settings_for(cluster: Cluster, folder: Path) -> Settings:
    """Return settings that lead through the proxies, with copies as the cluster has brokers."""
    base = load(env={})
    topics = base.topics.model_copy(
        update={"prefix": "t-", "partitions": PARTITIONS, "replication": len(cluster.nodes)}
    )
    return for_chaos(
        at(base.model_copy(update={"topics": topics}), cluster.through),
        group="g",
        state_dir=folder / "state",
        merge_wait_ms=2500,
        stall_limit_ms=120_000,
    )


def at(settings: Settings, address: str) -> Settings:
    """Return the settings with another bootstrap address."""
    return settings.model_copy(update={"kafka": settings.kafka.model_copy(update={"bootstrap": address})})
