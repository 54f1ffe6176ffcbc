"""Several workers that come and go, the traffic that passes meanwhile, and the verdict."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from support.processes import REPOSITORY, WorkerProcess, environment, eventually

from chaos import oracle
from chaos.families import MEMBERS
from chaos.oracle import Outcome
from chaos.traffic import closing
from stream.config import Settings
from stream.engine.log.jsonl import Record
from stream.produce import produce


def with_engine(settings: Settings, **changes: Any) -> Settings:
    """Return the settings with some of the engine's replaced."""
    return settings.model_copy(update={"engine": settings.engine.model_copy(update=changes)})


def for_chaos(settings: Settings, **changes: Any) -> Settings:
    """Return settings under which a run can be compared with the oracle.

    Small batches make many transactions; a merge that waits longer than this machine can hold up a producer keeps the
    order that of event time; an idle clock would go on at the wall clock's pace, which the oracle has not.
    """
    usual = {
        "batch_events": 300,
        "merge_wait_ms": 1500,
        "merge_wait_max_ms": 120_000,
        "idle_grace_ms": 3_600_000,
        "session_timeout_ms": 4000,
        "transaction_timeout_ms": 10_000,
    }
    return with_engine(settings, **(usual | changes))


class TrickedWorker(WorkerProcess):
    """A worker that runs `chaos.entry` and so obeys `CHAOS_*` variables; see there."""

    def __init__(self, settings: Settings, log: Path, tricks: dict[str, str]) -> None:
        self.settings, self.log, self.url = settings, log, ""
        log.parent.mkdir(parents=True, exist_ok=True)
        env = environment(settings) | tricks | {"PYTHONPATH": str(REPOSITORY / "tests")}
        with log.open("ab") as error:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "chaos.entry"],
                cwd=REPOSITORY,
                env=env,
                stdout=subprocess.DEVNULL,
                stderr=error,
            )


class Fleet:
    """Workers by name. A name is the static membership's instance, unless `static` is off."""

    def __init__(self, settings: Settings, logs: Path, *, static: bool = True) -> None:
        self.settings = settings
        self.workers: dict[str, WorkerProcess] = {}
        self._logs = logs
        self._static = static

    def start(self, name: str, **tricks: str) -> WorkerProcess:
        """Start a worker; it is ready some seconds later."""
        settings = with_engine(self.settings, instance=name) if self._static else self.settings
        log = self._logs / f"{name}.log"
        self.workers[name] = TrickedWorker(settings, log, tricks) if tricks else WorkerProcess(settings, log)
        return self.workers[name]

    async def kill(self, name: str) -> None:
        """SIGKILL."""
        await self.workers.pop(name).kill()

    async def restart_dead(self) -> list[str]:
        """Start again what has ended by itself, as a process manager would, and return the names."""
        dead = [name for name, worker in self.workers.items() if worker.process.poll() is not None]
        for name in dead:
            self.start(name)
        return dead

    async def kill_at(self, moments: Sequence[float], passage: Passage, rng: random.Random) -> None:
        """At each of the moments, SIGKILL one of the workers `a` and `b` and start it again."""
        for moment in moments:
            await passage.share_taken(moment)
            name = rng.choice("ab")
            await self.kill(name)
            self.start(name)

    def said(self) -> str:
        """Return the end of every log."""
        return "\n".join(f"--- {log.name}\n{log.read_text()[-3000:]}" for log in sorted(self._logs.glob("*.log")))


@asynccontextmanager
async def fleet(settings: Settings, logs: Path, *, static: bool = True) -> AsyncIterator[Fleet]:
    """Give a fleet that does not outlive the test."""
    made = Fleet(settings, logs, static=static)
    try:
        yield made
    except BaseException as fault:
        fault.add_note(made.said())
        raise
    finally:
        for worker in made.workers.values():
            worker.wake()
            await worker.kill()


class Passage:
    """Traffic on its way through Kafka, and how far it has been taken."""

    def __init__(
        self, settings: Settings, lines: Sequence[Record], rate: float, households: int = 0, *, known: bool = False
    ) -> None:
        """`rate`: lines a second. `households`: so many of `chaos.families` are among them. `known`: the lines begin
        with their profiles; nobody else's come before all shards have been told of these."""
        self._settings = settings
        self._lines = lines
        self._households = households
        self._sending = asyncio.create_task(self._send(rate, households * MEMBERS if known else 0))

    async def share_taken(self, share: float, within_s: float = 60) -> None:
        """Return when that share of the lines has been taken."""
        await oracle.until_taken(self._settings, round(share * len(self._lines)), within_s)

    async def end(self, within_s: float) -> None:
        """Return when all of it, and a closing clock event for every shard, has been taken."""
        await self._sending
        await self._told("group-signals", self._households * (MEMBERS + 1), within_s)
        await self._told("group-warnings", self._households * (MEMBERS - 1), within_s)
        last = closing(self._settings.topics.partitions)
        await produce(self._settings, last)
        await oracle.until_taken(self._settings, len(self._lines) + len(last), within_s)

    async def _send(self, rate: float, first: int) -> None:
        known = await produce(self._settings, self._lines[:first])
        await self._told("group-signals", first, 120)
        sent = await produce(self._settings, self._lines[first:], rate=rate)
        assert known.total + sent.total == len(self._lines)

    async def _told(self, topic: str, count: int, within_s: float) -> None:
        """Return when shards have told each other so much on a topic, and have taken it."""
        if count:
            await eventually(lambda: oracle.taken(self._settings, topic), lambda found: found >= count, within_s)


async def assert_as_expected(settings: Settings, want: Outcome) -> None:
    """Compare what Kafka holds with the oracle."""
    assert not (wrong := oracle.difference(want, await oracle.found(settings))), wrong


def moments(seed: int, count: int) -> list[float]:
    """Return seeded random shares of the traffic, ascending: when something is to happen."""
    rng = random.Random(seed)
    return sorted(rng.uniform(0.03, 0.92) for _ in range(count))
