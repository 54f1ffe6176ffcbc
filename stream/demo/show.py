"""One run of the demo once everything is up: feeds, watches, and checks that every event is accounted for."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import Sequence
from typing import Any

import aiohttp
import orjson
from rich.console import Console
from rich.live import Live

from stream.clock import wall_ms
from stream.config import Settings
from stream.demo import desk as demo_desk
from stream.demo import scrape, view
from stream.demo.browsing import browsed
from stream.demo.clock import TownClock
from stream.demo.desk import DemoDesk
from stream.demo.plan import Plan
from stream.demo.process import ENDING
from stream.ops.commanding import give
from stream.ops.reading import Reader
from stream.produce import Sent, produce
from stream.topics import FEEDS, STAFF

_SCRAPE_S = 0.25
_READY_S = 60.0
_STALL_S = 120.0
_LAST_S = 30.0


class Show:
    """One run of the demo once everything is up."""

    def __init__(
        self,
        settings: Settings,
        plan: Plan,
        console: Console,
        url: str,
        process: asyncio.subprocess.Process,
        clock: TownClock,
        desk: DemoDesk | None,
    ) -> None:
        """`url`: the worker's internal port."""
        self._clock, self._desk = clock, desk
        self._settings = settings
        self._plan = plan
        self._console = console
        self._url = url
        self._process = process
        self._stop = asyncio.Event()
        self._enough = asyncio.Event()
        self._sent = Sent()
        self._skipped = 0
        self._missing: list[str] = []
        self._moved_at = time.monotonic()
        self._seen = view.Seen(plan.what, time.monotonic())

    async def run(self) -> int:
        """Feed, watch, end; return the exit status: 0 only if every event was accounted for."""
        loop = asyncio.get_running_loop()
        for name in ENDING:
            loop.add_signal_handler(name, self._stop.set)
        reading = asyncio.Event()
        watching = asyncio.create_task(self._watch(reading))
        await reading.wait()
        await self._check()
        feeding = asyncio.create_task(self._feed())
        home = asyncio.Event()
        beside = [] if self._desk is None else [
            asyncio.create_task(self._desk.colleagues.run(home)), asyncio.create_task(self._welcome(self._desk))
        ]  # fmt: skip
        try:
            await self._follow(feeding, home, beside)
        finally:
            home.set()
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            self._stop.set()
            self._sent = await feeding
            self._enough.set()
            await watching
        if self._desk is not None:
            self._seen.feedback = await self._count("feedback")
        problems = self._problems()
        seconds = self._moved_at - self._seen.started
        self._console.print(view.summary(self._seen, seconds, self._skipped, problems), highlight=False, soft_wrap=True)
        return 1 if problems else 0

    async def _welcome(self, desk: DemoDesk) -> None:
        """Say how to get in, as soon as the links are good."""
        await desk.known()
        for line in demo_desk.words(desk):
            self._console.print(line, highlight=False, soft_wrap=True)
        if self._plan.browse and not await browsed(desk.link(desk.people[0])):
            self._console.print("  no browser could be opened here: follow one of the links above", highlight=False)

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
            self._clock.delivered(sent.total)

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
                for record in records:
                    alert: dict[str, Any] = orjson.loads(record.value)
                    if "kind" not in alert:
                        continue  # a test alert or a heartbeat
                    if self._seen.take_alert(alert) and plain:
                        self._console.print(view.headline(alert), soft_wrap=True)

    async def _follow(
        self, feeding: asyncio.Task[Sent], home: asyncio.Event, beside: Sequence[asyncio.Task[None]]
    ) -> None:
        """Scrape and draw until the input is done and handled, a signal came, or the worker is gone or stuck."""
        async with aiohttp.ClientSession() as session:
            with Live(console=self._console, auto_refresh=False, transient=True) as live:
                while not self._ended(feeding):
                    await asyncio.sleep(_SCRAPE_S)
                    await self._look(session)
                    for task in beside:
                        if task.done():
                            task.result()  # a fault of theirs is one of ours
                    if self._console.is_terminal:
                        live.update(view.page(self._seen, time.monotonic()), refresh=True)
            await feeding
            with contextlib.suppress(TimeoutError):  # the summary says what is missing
                async with asyncio.timeout(_LAST_S):
                    await self._catch_up(session)
                    if beside:  # the colleagues finish what they are at, and the engine takes it
                        home.set()
                        await beside[0]
                        await self._catch_up(session)

    async def _look(self, session: aiohttp.ClientSession) -> None:
        """Ask the desk and the worker how far they are; the desk first, which knows what it sent the worker."""
        expected = self._seen.expected
        if self._desk is not None:
            self._seen.desk = await self._desk.tally()
        if self._seen.expected != expected:  # an answer, after whatever time: nothing is stuck yet
            self._moved_at = time.monotonic()
        await self._scrape(session)

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
        """Wait until the worker has done what was sent, and the reader of `alerts` and the desk have it all."""
        await self._look(session)
        while not self._seen.settled and self._process.returncode is None:
            await asyncio.sleep(_SCRAPE_S)
            await self._look(session)

    async def _count(self, topic: str) -> int:
        """Return how many records a topic holds."""
        async with Reader(self._settings, topic) as reader:
            await reader.from_beginning()
            return sum([len(records) async for records in reader.to_end(settled=True)])

    def _ended(self, feeding: asyncio.Task[Sent]) -> bool:
        if self._stop.is_set() or self._process.returncode is not None:
            return True
        if not feeding.done():
            return False
        feeding.result()
        if self._seen.figures.accounted >= self._seen.expected:
            return self._plan.leave
        return time.monotonic() - self._moved_at > _STALL_S

    def _problems(self) -> list[str]:
        seen = self._seen
        found = list(self._missing)
        if self._process.returncode not in (None, 0):
            found.append(f"the worker ended with status {self._process.returncode}")
        if seen.figures.accounted != seen.expected:
            found.append(f"{seen.expected:,} events were sent, {seen.figures.accounted:,} are accounted for")
        if self._sent.faults:
            found.append(f"{len(self._sent.faults):,} lines of the input are no events")
        if self._sent.refused:
            found.append(f"{self._sent.refused.total():,} records were refused by the broker")
        if seen.kinds.total() != seen.figures.alerts.total():
            found.append(f"{seen.figures.alerts.total():,} alerts committed, {seen.kinds.total():,} read")
        if seen.desk is not None and seen.desk.rows != seen.figures.alerts.total():
            found.append(f"{seen.figures.alerts.total():,} alerts committed, {seen.desk.rows:,} rows at the desk")
        if self._desk is not None and self._desk.service.failing:
            found.append(f"the desk failed: {self._desk.service.failing}")
        return found
