"""How fast the worklist answers among 1,000,000 episodes: `python -m tests.benchmarks.desk_worklist [--postgres]`.

A thousand RMs in fifty branches with 500 customers each and 1,000 episodes, three in ten of them open. Wanted: 100 ms
at the 95th percentile. Each question is asked of a random RM (of a branch, for the manager's), so that what is measured
is not one warm corner.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psutil
from sqlalchemy import insert, text

sys.path.insert(0, str(Path(__file__).parents[1]))
from support.desk_rows import DAY, HOUR, NOW, alert
from support.desk_stores import settings_of
from support.postgres import Cluster

from stream.desk.store.database import Database
from stream.desk.store.migrate import migrate
from stream.desk.store.repositories.alerts import _OF_DESK, incoming
from stream.desk.store.repositories.worklist import WorklistQuery, worklist, worklist_counts
from stream.desk.store.tables import Episode, Profile

RMS, CUSTOMERS, EPISODES, BRANCHES = 1000, 500, 1000, 50
KINDS = ("balance_drop", "salary_stopped", "contact_gap", "model_score", "usage_drop", "product_maturing")


def episode(rm: int, n: int, rng: random.Random) -> dict[str, Any]:
    """Return one row: its body is as long as an alert's is (some 2 kB)."""
    opened = NOW - rng.randrange(400 * DAY)
    words = {"zh": "余额骤降" * 20, "en": "Sudden balance drop " * 10}
    envelope = alert(
        f"c-{rm}-{n % CUSTOMERS}",
        rng.choice(KINDS),
        time=opened,
        opened=str(n),
        points=round(rng.expovariate(1 / 500), 2),
        due=opened + rng.randrange(72) * HOUR,
        priority=rng.choice((1, 2, 2, 3, 3, 3, 4)),
        rm_id=f"rm-{rm}",
        branch_id=f"b-{rm % BRANCHES}",
        routes=[f"rm:rm-{rm}"],
        reason=words,
    )
    row = incoming(envelope, msgspec.json.encode(envelope), opened).episode | _OF_DESK
    ended = None if rng.random() < 0.3 else opened + DAY
    snoozed = NOW + DAY if rng.random() < 0.1 else None
    return row | {"ended_at": ended, "state": "resolved" if ended else "open", "snoozed_until": snoozed}


def profile(rm: int, n: int, rng: random.Random) -> dict[str, Any]:
    """Return a customer's profile; its name is not asked for here."""
    return {
        "customer_id": f"c-{rm}-{n}", "event_id": "e", "time": NOW, "received_at": NOW, "rm_id": f"rm-{rm}",
        "branch_id": f"b-{rm % BRANCHES}", "tier": rng.choice(("gold", "silver", "basic")), "segment": "payroll",
        "litigation": False, "bad_faith": False, "no_retention_contact": False,
    }  # fmt: skip


async def fill(database: Database, rms: int) -> None:
    """Write the customers and episodes of so many RMs."""
    rng = random.Random(7)
    for n in range(CUSTOMERS):
        async with database.transaction() as session:
            await session.execute(insert(Profile.__table__), [profile(rm, n, rng) for rm in range(rms)])
    for n in range(EPISODES):  # by turns, as they come: an RM's rows do not lie side by side
        async with database.transaction() as session:
            await session.execute(insert(Episode.__table__), [episode(rm, n, rng) for rm in range(rms)])
    async with database.engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(text("ANALYZE"))


def questions(rms: int) -> dict[str, Callable[[random.Random], WorklistQuery]]:
    """Return what is asked, by name."""

    def of_rm(rng: random.Random, **more: Any) -> WorklistQuery:
        return WorklistQuery(receivers=(f"rm:rm-{rng.randrange(rms)}",), **more)

    return {
        "RM, first page": of_rm,
        "RM, third page": lambda rng: of_rm(rng, offset=100),
        "RM, by due time": lambda rng: of_rm(rng, order="due"),
        "RM, filtered by kind and tier": lambda rng: of_rm(rng, kinds=KINDS[:2], tiers=("gold",)),
        "RM, searched": lambda rng: of_rm(rng, search="c-1"),
        "RM, ended": lambda rng: of_rm(rng, status="ended"),
        "manager, first page of a branch": lambda rng: WorklistQuery(branch_ids=(f"b-{rng.randrange(BRANCHES)}",)),
    }


async def measure(name: str, times: int, ask: Callable[[], Awaitable[Any]]) -> None:
    """Ask so many times and print the median, the 95th percentile and the worst, in ms."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - begun) * 1000)
    took.sort()
    print(f"{name:34} {statistics.median(took):8.1f} {took[int(0.95 * times)]:8.1f} {took[-1]:8.1f}", flush=True)


async def run(url: str, rms: int, times: int) -> None:
    """Fill a database, ask, and tell how much memory that took."""
    settings = settings_of(url)
    await migrate(settings)
    database = Database.open(settings)
    begun = time.perf_counter()
    await fill(database, rms)
    print(f"{database.dialect}: {rms * EPISODES:,} episodes in {time.perf_counter() - begun:.0f} s")
    print(f"{'ms':34} {'median':>8} {'p95':>8} {'worst':>8}")
    rng = random.Random(11)
    for name, query in questions(rms).items():

        async def ask(query: Callable[[random.Random], WorklistQuery] = query) -> None:
            async with database.reading() as session:
                await worklist(session, query(rng), NOW)

        await measure(name, times, ask)

    async def counts() -> None:
        async with database.reading() as session:
            await worklist_counts(session, questions(rms)["RM, first page"](rng), NOW)

    await measure("RM, counts of the tabs", times, counts)
    print(f"memory of the process: {psutil.Process().memory_info().rss / 2**20:.0f} MB")
    await database.close()


@contextmanager
def place(postgres: bool) -> Iterator[str]:
    """Give a database that is taken away afterwards."""
    if not postgres:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/desk.db"
        return
    cluster = Cluster.make()
    try:
        cluster.start()
        cluster.sql("CREATE DATABASE worklist")
        yield cluster.url("worklist")
    finally:
        cluster.remove()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--rms", type=int, default=RMS)
    parser.add_argument("--times", type=int, default=300)
    asked = parser.parse_args()
    with place(asked.postgres) as where:
        asyncio.run(run(where, asked.rms, asked.times))
