"""How long a push takes, from the alert's commit on Kafka to an open page: `python -m tests.benchmarks.desk_push`.

A broker and a `churnwatch desk` of its own; a thousand RMs, each with one page open (server-sent events over HTTP), and
500 alerts a second for a minute, committed in transactions ten times a second as a shard's batches are. Wanted: p99 at
or under a second, and no loss: every alert on its RM's page once, under numbers without a gap.

The time runs from just before the producer asks for the commit, so that the commit itself is in it, to the moment the
page has read the event. Pages, producer, desk and broker share the machine. `--postgres`: on a PostgreSQL of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import msgspec
import psutil
from aiokafka import AIOKafkaProducer

sys.path.insert(0, str(Path(__file__).parents[1]))
from support.desk_process import DeskProcess, engine, opened, store_of
from support.desk_rows import alert, staff
from support.desk_stores import settings_of
from support.postgres import Cluster

from stream.config import Settings
from stream.desk.store.migrate import migrate
from stream.desk.store.repositories.people import put_staff
from stream.desk.store.vault import Vault
from stream.desk.web.sessions import PLAIN, Seals, open_session
from stream.domain.alerts import Alert, headers, rfc3339
from stream.engine.log.partition import partition_for
from stream.settings.desk import Database as StoreSettings
from stream.settings.desk_web import Web
from tests.benchmarks.ground import ground

_DATA = re.compile(rb'id: (\d+)\nevent: (\w[\w-]*)\ndata: .*?"alert_id":"([0-9a-f]+)"')
_BATCHES = 10  # transactions a second
_PUSH_ALL = """
[desk.push]
daily_budget = 1000
medium_share = 1.0
low_share = 1.0
quiet_from = "00:00"
quiet_to = "00:00"
quiet_on_days_off = false
"""


@dataclass
class Seen:
    """What pages received: when, by alert, and how often; where numbers had a gap."""

    at: dict[str, float] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)
    gaps: int = 0
    broken: int = 0
    open: int = 0


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


async def cookies(folder: Path, store: StoreSettings, count: int) -> list[str]:
    """Hire the RMs and sign them in; return their cookies."""
    vault = Vault([(folder / "key").read_text(encoding="ascii").strip()])
    seals, now = Seals(vault, wall_ms), wall_ms()
    async with opened(folder, store) as database, database.transaction() as tx:
        for n in range(count):
            await put_staff(tx, staff(f"rm-{n}", time=now, branch_id=f"b-{n % 50}"))
        return [seals.cookie(open_session(tx, f"rm-{n}", "rm", now, Web())) for n in range(count)]


async def page(session: aiohttp.ClientSession, url: str, cookie: str, seen: Seen) -> None:
    """Keep one page open and note what it is told."""
    last, rest = 0, b""
    async with session.get(f"{url}/events?after=0", headers={"Cookie": f"{PLAIN}={cookie}"}) as answer:
        if answer.status != 200:
            seen.broken += 1
            return
        seen.open += 1
        async for chunk in answer.content.iter_any():
            now = time.perf_counter()
            *events, rest = (rest + chunk).split(b"\n\n")
            for event in events:
                if found := _DATA.match(event):
                    number, id_ = int(found[1]), found[3].decode()
                    seen.gaps += number != last + 1
                    last = number
                    seen.times[id_] += 1
                    seen.at.setdefault(id_, now)
    seen.broken += 1


def alerts(rms: int) -> Iterator[Alert]:
    """Return alerts of ever new customers, by turns for each RM."""
    for n in itertools.count():
        rm = n % rms
        yield alert(
            f"customer-{n}",
            time=wall_ms(),
            rm_id=f"rm-{rm}",
            branch_id=f"b-{rm % 50}",
            routes=[f"rm:rm-{rm}"],
            series=[[f"2026-{1 + day // 28:02}-{1 + day % 28:02}", 1000.0 + day] for day in range(90)],
        )


async def produce(producer: AIOKafkaProducer, settings: Settings, batch: list[Alert]) -> float:
    """Commit a batch, and return the time just before the commit was asked for."""
    await producer.begin_transaction()
    sent = [
        await producer.send(
            settings.topics.prefix + "alerts",
            msgspec.json.encode(one),
            key=one.customer_id.encode(),
            partition=partition_for(one.customer_id.encode(), settings.topics.partitions),
            headers=headers(one),
        )
        for one in batch
    ]
    await asyncio.gather(*sent)
    begun = time.perf_counter()
    await producer.commit_transaction()
    return begun


async def drive(settings: Settings, rate: int, seconds: int, rms: int) -> dict[str, float]:
    """Commit so many alerts a second, and return when each was."""
    committed: dict[str, float] = {}
    coming, begun = alerts(rms), time.perf_counter()
    async with engine(settings) as producer:
        for number in range(seconds * _BATCHES):
            await asyncio.sleep(max(0.0, begun + number / _BATCHES - time.perf_counter()))
            batch = list(itertools.islice(coming, rate // _BATCHES))
            at = await produce(producer, settings, batch)
            committed.update({one.alert_id: at for one in batch})
    return committed


@contextlib.asynccontextmanager
async def pages(url: str, signed: list[str], seen: Seen) -> AsyncIterator[None]:
    """Open a page for each RM, a few at a time, and close them in the end."""
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:
        tasks = []
        for number, cookie in enumerate(signed):
            tasks.append(asyncio.create_task(page(session, url, cookie, seen)))
            while number - seen.open - seen.broken > 20:
                await asyncio.sleep(0.01)
        while seen.open + seen.broken < len(signed):
            await asyncio.sleep(0.05)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def all_came(committed: dict[str, float], seen: Seen, within_s: float = 60) -> None:
    """Wait until every alert is on a page, or the time is over."""
    end = time.monotonic() + within_s
    while len(seen.at) < len(committed) and time.monotonic() < end:
        await asyncio.sleep(0.1)


async def measure(
    settings: Settings, folder: Path, store: StoreSettings, given: argparse.Namespace
) -> dict[str, object]:
    """Run it once and return the figures; times in ms, from the commit to the page."""
    await migrate(store)
    seen = Seen()
    async with DeskProcess(settings, folder, more=_PUSH_ALL, store=store) as desk:
        signed = await cookies(folder, store, given.connections)
        async with pages(desk.page, signed, seen):
            idle_mb = psutil.Process(desk.pid).memory_info().rss / 1e6
            before = sum(psutil.Process(desk.pid).cpu_times()[:2])
            began = time.perf_counter()
            committed = await drive(settings, given.rate, given.seconds, given.connections)
            drove_s = time.perf_counter() - began
            await all_came(committed, seen)
            cpu_s = sum(psutil.Process(desk.pid).cpu_times()[:2]) - before
            busy_mb = psutil.Process(desk.pid).memory_info().rss / 1e6
    took = sorted((seen.at[id_] - at) * 1000 for id_, at in committed.items() if id_ in seen.at)
    return {
        "store": "postgresql" if not store.embedded else "sqlite",
        "connections": seen.open,
        "broken": seen.broken,
        "alerts": len(committed),
        "alerts_per_s": round(len(committed) / drove_s, 1),
        "lost": len(committed) - len(took),
        "twice": sum(count > 1 for count in seen.times.values()),
        "gaps": seen.gaps,
        "p50_ms": round(took[len(took) // 2], 1) if took else None,
        "p99_ms": round(took[min(len(took) - 1, len(took) * 99 // 100)], 1) if took else None,
        "max_ms": round(took[-1], 1) if took else None,
        "desk_mb_idle": round(idle_mb),
        "desk_mb": round(busy_mb),
        "desk_cpu_ms_per_alert": round(cpu_s * 1000 / max(1, len(took)), 2),
        "load_average": round(os.getloadavg()[0], 1),
        "at": rfc3339(wall_ms()),
    }


def main() -> None:
    """Print the figures as JSON; status 1 when something was lost, came twice or too late."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--rate", type=int, default=500, help="alerts a second")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--postgres", action="store_true")
    given = parser.parse_args()
    with ground("desk-push-", 8) as here, contextlib.ExitStack() as stack:
        folder = here.folder / "desk"
        folder.mkdir()
        store = store_of(folder)
        if given.postgres:
            cluster = Cluster.make()
            stack.callback(cluster.remove)
            cluster.start()
            cluster.sql("CREATE DATABASE desk")
            store = settings_of(cluster.url("desk"))
        found = asyncio.run(measure(here.settings, folder, store, given))
    print(json.dumps(found, indent=2))
    good = not (found["lost"] or found["twice"] or found["gaps"] or found["broken"])
    sys.exit(0 if good and found["p99_ms"] is not None and float(str(found["p99_ms"])) <= 1000 else 1)


if __name__ == "__main__":
    main()
