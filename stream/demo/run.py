"""Starts broker, topics and a worker, feeds it, shows what happens, and checks that every event is accounted for."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from rich.console import Console
from rich.live import Live

from stream.broker import admin, launcher
from stream.broker.progress import shown
from stream.config import Settings
from stream.demo import scrape, view
from stream.demo.source import Lines
from stream.engine import directory
from stream.engine.broadcast import read_whole
from stream.engine.shard import wall_ms
from stream.ops.commanding import give
from stream.ops.reading import Reader
from stream.produce import Sent, produce
from stream.topics import FEEDS, STAFF

_SCRAPE_S = 0.25
_READY_S = 60.0
_STALL_S = 120.0
_LAST_S = 15.0
_BROKER = "demo"


class DemoError(OSError):
    """The demo cannot go on; the message says what to look at."""


@dataclass(frozen=True)
class Plan:
    """What to show. `rate`: events a second, `None` as fast as it goes; `leave`: end when the input is done; `config`:
    the file that the settings came from, for the worker."""

    what: str
    lines: Lines
    rate: float | None
    leave: bool
    config: Path | None = None
    checks: tuple[str, ...] = ()  # commands of `stream.control` to give first, so that a receiver can be checked


async def run(settings: Settings, plan: Plan, console: Console) -> int:
    """Run the demo and return the exit status: 0 only if every event was accounted for."""
    task = asyncio.current_task()
    assert task is not None
    for name in (signal.SIGINT, signal.SIGTERM):  # until the show takes them over: take down what is up
        asyncio.get_running_loop().add_signal_handler(name, task.cancel)
    ours = await asyncio.to_thread(launcher.status, settings, name=_BROKER)
    with tempfile.TemporaryDirectory(prefix="churnwatch-demo-") as folder, contextlib.ExitStack() as line:
        progress = line.enter_context(shown())
        progress("starting the broker")
        broker = await asyncio.to_thread(launcher.up, settings, name=_BROKER, progress=progress)
        console.print(f"broker     {broker.bootstrap} ({broker.kind})", highlight=False)
        settings = _own(settings, broker.bootstrap, Path(folder))
        try:
            progress("creating topics")
            await admin.apply(settings, progress)
            progress("starting the worker")
            async with _worker(settings, Path(folder), plan.config) as (process, url):
                line.close()  # the live page comes in its place
                console.print(f"worker     {url}/metrics", highlight=False)
                return await Show(settings, plan, console, url, process).run()
        finally:
            await admin.remove(settings)
            if not ours.running and broker.kind != "given":
                await asyncio.to_thread(launcher.down, name=_BROKER)


def _own(settings: Settings, bootstrap: str, folder: Path) -> Settings:
    """Return settings whose topics, group and stores are this run's alone."""
    name = f"demo-{uuid.uuid4().hex[:8]}"
    return settings.model_copy(
        update={
            "kafka": settings.kafka.model_copy(update={"bootstrap": bootstrap}),
            "topics": settings.topics.model_copy(update={"prefix": f"{name}."}),
            "engine": settings.engine.model_copy(update={"group": name, "instance": "", "state_dir": folder / "state"}),
        }
    )


@asynccontextmanager
async def _worker(
    settings: Settings, folder: Path, config: Path | None
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Run a worker of its own process and yield it with its address once it is ready."""
    output = (folder / "worker.log").open("wb")
    given = ("--config", str(config)) if config is not None else ()
    ours = {
        "CHURNWATCH_KAFKA__BOOTSTRAP": settings.kafka.bootstrap,
        "CHURNWATCH_TOPICS__PREFIX": settings.topics.prefix,
        "CHURNWATCH_ENGINE__GROUP": settings.engine.group,
        "CHURNWATCH_ENGINE__INSTANCE": "",
        "CHURNWATCH_ENGINE__STATE_DIR": str(settings.engine.state_dir),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "stream", "worker", "--log-level", "warning", *given),
        stdout=output,
        stderr=output,
        env=os.environ | ours,
        start_new_session=True,  # Ctrl-C is for us: the worker ends after what was sent
    )
    try:
        yield process, await _ready(settings, process, folder / "worker.log")
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), 20)
            except TimeoutError:
                process.kill()
                await process.wait()
        output.close()


async def _ready(settings: Settings, process: asyncio.subprocess.Process, log: Path) -> str:
    deadline = time.monotonic() + _READY_S
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < deadline and process.returncode is None:
            for entry in directory.readable(await read_whole(settings, directory.TOPIC)):
                async with session.get(f"{entry.url}/readyz") as answer:
                    if answer.status == 200:
                        return entry.url
            await asyncio.sleep(0.1)
    raise DemoError(f"the worker did not become ready; its log ends with:\n{_tail(log)}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:])


class Show:
    """One run of the demo once everything is up."""

    def __init__(
        self, settings: Settings, plan: Plan, console: Console, url: str, process: asyncio.subprocess.Process
    ) -> None:
        """`url`: the worker's internal port."""
        self._settings = settings
        self._plan = plan
        self._console = console
        self._url = url
        self._process = process
        self._stop = asyncio.Event()
        self._read = asyncio.Event()
        self._enough = asyncio.Event()
        self._sent = Sent()
        self._skipped = 0
        self._missing: list[str] = []
        self._moved_at = time.monotonic()
        self._seen = view.Seen(plan.what, time.monotonic())

    async def run(self) -> int:
        """Feed, watch, end; see `stream.demo.run.run`."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, self._stop.set)
        reading = asyncio.Event()
        watching = asyncio.create_task(self._watch(reading))
        await reading.wait()
        await self._check()
        feeding = asyncio.create_task(self._feed())
        try:
            await self._follow(feeding)
        finally:
            self._stop.set()
            self._sent = await feeding
            self._enough.set()
            await watching
        problems = self._problems()
        seconds = self._moved_at - self._seen.started
        self._console.print(view.summary(self._seen, seconds, self._skipped, problems), highlight=False, soft_wrap=True)
        return 1 if problems else 0

    async def _check(self) -> None:
        """Have a test alert or a heartbeat sent through and say how long it took."""
        for command in self._plan.checks:
            given = uuid.uuid4().hex
            answer = await give(
                self._settings, command, {}, actor="demo", event_id=given, now=wall_ms(), timeout_s=_READY_S
            )
            said = "did not arrive" if answer is None else f"arrived on {self._settings.topics.prefix}alerts after"
            took = "" if answer is None else f" {answer.took_s:.1f} s"
            self._console.print(f"{command:<10} {said}{took}", highlight=False)
            if answer is None:
                self._missing.append(f"{command} did not arrive")

    async def _feed(self) -> Sent:
        def told(sent: Sent) -> None:
            self._sent = sent
            self._seen.sent = sum(sent.by_topic[topic] for topic in (*FEEDS, STAFF))

        sent = await produce(self._settings, self._plan.lines, rate=self._plan.rate, progress=told, stop=self._stop)
        told(sent)
        self._skipped = sent.total - self._seen.sent
        self._seen.feeding = False
        return sent

    async def _watch(self, reading: asyncio.Event) -> None:
        plain = not self._console.is_terminal
        async with Reader(self._settings, "alerts") as reader:
            await reader.from_beginning()
            reading.set()
            async for records in reader.follow(self._enough):
                self._read.set()
                for record in records:
                    alert: dict[str, Any] = orjson.loads(record.value)
                    if "kind" not in alert:
                        continue  # a test alert or a heartbeat
                    self._seen.take_alert(alert)
                    if plain:
                        self._console.print(view.headline(alert), soft_wrap=True)

    async def _follow(self, feeding: asyncio.Task[Sent]) -> None:
        """Scrape and draw until the input is done and handled, a signal came, or the worker is gone or stuck."""
        async with aiohttp.ClientSession() as session:
            with Live(console=self._console, auto_refresh=False, transient=True) as live:
                while not self._ended(feeding):
                    await asyncio.sleep(_SCRAPE_S)
                    await self._scrape(session)
                    if self._console.is_terminal:
                        live.update(view.page(self._seen, time.monotonic()), refresh=True)
            await feeding
            with contextlib.suppress(TimeoutError):  # the summary says what is missing
                async with asyncio.timeout(_LAST_S):
                    await self._catch_up(session)

    async def _scrape(self, session: aiohttp.ClientSession) -> None:
        try:
            async with session.get(f"{self._url}/metrics") as answer:
                figures = scrape.read(await answer.text())
        except aiohttp.ClientError:
            return
        if figures.accounted != self._seen.figures.accounted:
            self._moved_at = time.monotonic()
        self._seen.take_figures(time.monotonic(), figures)

    async def _catch_up(self, session: aiohttp.ClientSession) -> None:
        """Wait until the worker has done what was sent, and the reader of `alerts` has seen what it committed."""
        while (
            self._seen.figures.accounted < self._seen.sent or self._seen.figures.lag
        ) and self._process.returncode is None:
            await asyncio.sleep(_SCRAPE_S)
            await self._scrape(session)
        await self._scrape(session)
        while self._seen.kinds.total() < self._seen.figures.alerts.total():
            self._read.clear()
            await self._read.wait()

    def _ended(self, feeding: asyncio.Task[Sent]) -> bool:
        if self._stop.is_set() or self._process.returncode is not None:
            return True
        if not feeding.done():
            return False
        feeding.result()
        done = self._seen.figures.accounted >= self._seen.sent
        return (done and self._plan.leave) or time.monotonic() - self._moved_at > _STALL_S

    def _problems(self) -> list[str]:
        seen = self._seen
        found = list(self._missing)
        if self._process.returncode not in (None, 0):
            found.append(f"the worker ended with status {self._process.returncode}")
        if seen.figures.accounted != seen.sent:
            found.append(f"{seen.sent:,} events were sent, {seen.figures.accounted:,} are accounted for")
        if self._sent.faults:
            found.append(f"{len(self._sent.faults):,} lines of the input are no events")
        if self._sent.refused:
            found.append(f"{self._sent.refused.total():,} records were refused by the broker")
        if seen.kinds.total() != seen.figures.alerts.total():
            found.append(f"{seen.figures.alerts.total():,} alerts committed, {seen.kinds.total():,} read")
        return found
