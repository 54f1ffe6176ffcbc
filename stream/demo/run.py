"""Starts broker, topics, a worker and what stands beside it, shows what happens, and takes all down again."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import uuid
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from stream.broker import admin, launcher
from stream.broker.progress import shown
from stream.config import Settings
from stream.demo import dashboard, prometheus
from stream.demo import desk as demo_desk
from stream.demo.clock import TownClock, begun
from stream.demo.plan import Plan
from stream.demo.process import ENDING, worker
from stream.demo.show import Show

_BROKER = "demo"


async def run(settings: Settings, plan: Plan, console: Console) -> int:
    """Run the demo and return the exit status: 0 only if every event was accounted for."""
    if plan.dashboard:
        prometheus.program()  # said before anything is started
    task = asyncio.current_task()
    assert task is not None
    for name in ENDING:  # until the show takes them over: take down what is up
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
            async with worker(settings, Path(folder), plan.config) as (process, url):
                first, lines = begun(plan.lines)
                clock = TownClock(first)
                async with contextlib.AsyncExitStack() as beside:
                    desk, boards = None, ""
                    if plan.desk:
                        progress("starting the desk")
                        up = demo_desk.running(settings, Path(folder), clock, plan.town, plan.desk_port)
                        desk = await beside.enter_async_context(up)
                    if plan.dashboard:
                        progress("starting Prometheus")
                        boards = await beside.enter_async_context(dashboard.running(Path(folder), url, desk))
                    line.close()  # the live page comes in its place
                    if boards:
                        console.print(f"dashboard  {boards}", highlight=False, soft_wrap=True)
                    console.print(f"worker     {url}/metrics", highlight=False)
                    fed = replace(plan, lines=clock.marked(lines))
                    return await Show(settings, fed, console, url, process, clock, desk).run()
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
