"""How fast the worklist answers among 1,000,000 episodes: `python -m tests.benchmarks.desk_worklist [--postgres]`.

A `churnwatch desk` of its own is asked for whole pages over HTTP by people who are signed in: RMs, managers, an
auditor who sees the whole house. Wanted: 100 ms at the 95th percentile, and a desk under 400 MB all the while. Each
question is asked for a random RM (branch, customer), so that what is measured is not one warm corner. No broker is
there: nothing is read meanwhile.

`--keep FOLDER` leaves the store there, and takes it from there the next time.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))
from support.desk_process import DeskProcess, opened, store_of
from support.desk_stores import settings_of
from support.postgres import Cluster

from stream.clock import wall_ms
from stream.config import Settings, load
from stream.desk.store.migrate import migrate
from stream.desk.store.vault import Vault, new_key
from stream.desk.web.sessions import PLAIN, Seals
from stream.settings.desk import Database as StoreSettings
from tests.benchmarks.desk_million import BRANCHES, CUSTOMERS, Million, cookies, fill, name_of

_NO_LIMIT = "[desk.web.rates]\nviews = 100_000\n"
_LIMIT_MS, _LIMIT_MB = 100, 400
Question = Callable[[random.Random, int], tuple[str, str, dict[str, str]]]
"""Of a random number and the number of RMs: who asks, for which path, with which query."""


def _rm(path: str = "/", **query: str) -> Question:
    return lambda rng, rms: (f"rm-{rng.randrange(rms)}", path, query)


def _manager(path: str = "/", **query: str) -> Question:
    return lambda rng, rms: (f"m-{rng.randrange(min(BRANCHES, rms))}", path, query)


def _auditor(path: str = "/", **query: str) -> Question:
    return lambda rng, rms: ("auditor", path, query)


def _one_of_an_rm(rng: random.Random, rms: int) -> tuple[str, str, dict[str, str]]:
    rm, n = rng.randrange(rms), rng.randrange(CUSTOMERS)
    return f"rm-{rm}", "/", {"search": name_of(rm, n)}


def _one_of_a_branch(rng: random.Random, rms: int) -> tuple[str, str, dict[str, str]]:
    rm = rng.randrange(rms)
    return f"m-{rm % BRANCHES}", "/", {"owners": f"rm:rm-{rm}"}


def _of_anybody(what: Callable[[int, int], str]) -> Question:
    return lambda rng, rms: ("auditor", "/", {"search": what(rng.randrange(rms), rng.randrange(CUSTOMERS))})


def _customer(rng: random.Random, rms: int) -> tuple[str, str, dict[str, str]]:
    rm, n = rng.randrange(rms), rng.randrange(CUSTOMERS)
    return f"rm-{rm}", f"/customers/c-{rm}-{n}", {}


QUESTIONS: dict[str, Question] = {
    "RM, first page": _rm(),
    "RM, fourth page": _rm(offset="90"),
    "RM, by due time": _rm(order="due"),
    "RM, filtered by kind and tier": _rm(kinds="balance_drop", tiers="gold"),
    "RM, searched by a name": _one_of_an_rm,
    "RM, snoozed": _rm(status="snoozed"),
    "RM, ended": _rm(status="ended"),
    "RM, a customer's page": _customer,
    "manager, first page of a branch": _manager(),
    "manager, tenth page": _manager(offset="270"),
    "manager, filtered by kind and tier": _manager(kinds="balance_drop", tiers="gold"),
    "manager, one of the branch's RMs": _one_of_a_branch,
    "manager, ended": _manager(status="ended"),
    "manager, the branch's page": _manager("/reports"),
    "auditor, first page of the house": _auditor(),
    "auditor, tenth page": _auditor(offset="270"),
    "auditor, by due time": _auditor(order="due"),
    "auditor, newest first": _auditor(order="newest"),
    "auditor, by value": _auditor(order="value"),
    "auditor, held back": _auditor(status="held"),
    "auditor, filtered by kind and tier": _auditor(kinds="balance_drop", tiers="gold"),
    "auditor, searched by an id": _of_anybody(lambda rm, n: f"c-{rm}-{n}"),
    "auditor, searched by a name": _of_anybody(name_of),
    "auditor, ended": _auditor(status="ended"),
}


class Asker:
    """A browser of many people, one question after another."""

    def __init__(self, session: aiohttp.ClientSession, desk: DeskProcess, signed: dict[str, str], rms: int) -> None:
        """`signed`: cookies by staff id."""
        self._session, self._desk, self._signed, self._rms = session, desk, signed, rms
        self._process = psutil.Process(desk.pid)
        self.most_mb = self.cpu_ms = 0.0

    async def measure(self, question: Question, times: int, rng: random.Random) -> list[float]:
        """Ask so many times and return how long each took, in ms, sorted; `cpu_ms` of the desk's is then a mean.

        That one does not depend on what else the machine does.
        """
        before = sum(self._process.cpu_times()[:2])
        took = [await self._ask(*question(rng, self._rms)) for _ in range(times)]
        self.cpu_ms = (sum(self._process.cpu_times()[:2]) - before) * 1000 / times
        self.most_mb = max(self.most_mb, self._process.memory_info().rss / 1e6)
        return sorted(took)

    async def _ask(self, who: str, path: str, query: dict[str, str]) -> float:
        headers = {"Cookie": f"{PLAIN}={self._signed[who]}", "Accept-Language": "en"}
        begun = time.perf_counter()
        async with self._session.get(f"{self._desk.page}{path}", params=query, headers=headers) as answer:
            body = await answer.read()
            assert answer.status == 200, (who, path, query, answer.status, body[:300])
        return (time.perf_counter() - begun) * 1000


async def run(settings: Settings, folder: Path, store: StoreSettings, given: argparse.Namespace) -> dict[str, object]:
    """Fill the store if it is empty, ask, and return the figures."""
    town = Million(wall_ms(), given.rms)
    key = folder / "key"
    if not key.exists():
        key.write_text(new_key(), encoding="ascii")
    vault = Vault([key.read_text(encoding="ascii").strip()])
    await migrate(store)
    async with opened(folder, store) as database:
        if not (folder / "filled").exists():
            begun = time.perf_counter()
            await fill(database, vault, town)
            (folder / "filled").touch()
            print(f"filled in {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
        signed = await cookies(database, Seals(vault, wall_ms), town, wall_ms())
    (folder / "desk.log").unlink(missing_ok=True)
    desk = DeskProcess(settings, folder, more=_NO_LIMIT, store=store)
    try:
        await desk.until(lambda: _serves(desk), "serving")
        return await ask_all(desk, signed, given)
    finally:
        await desk.kill()


async def _serves(desk: DeskProcess) -> bool:
    return "page on" in desk.said


async def ask_all(desk: DeskProcess, signed: dict[str, str], given: argparse.Namespace) -> dict[str, object]:
    """Ask every question and print each line as it comes."""
    figures: dict[str, list[float]] = {}
    async with aiohttp.ClientSession() as session:
        asker, rng = Asker(session, desk, signed, given.rms), random.Random(11)
        print(f"{'ms':36} {'median':>8} {'p95':>8} {'worst':>8} {'CPU':>8}", file=sys.stderr)
        for name, question in QUESTIONS.items():
            if given.only and given.only not in name:
                continue
            await asker.measure(question, 3, rng)  # templates and statements are read once
            took = await asker.measure(question, given.times, rng)
            figures[name] = [
                round(ms, 1) for ms in (statistics.median(took), took[int(0.95 * len(took))], took[-1], asker.cpu_ms)
            ]
            print(f"{name:36} " + " ".join(f"{ms:8.1f}" for ms in figures[name]), file=sys.stderr, flush=True)
    return {
        "episodes": given.rms * 1000,
        "store": "postgresql" if given.postgres else "sqlite",
        "ms_median_p95_worst_cpu": figures,
        "desk_mb": round(asker.most_mb),
        "load_average": round(os.getloadavg()[0], 1),
    }


@contextlib.contextmanager
def place(given: argparse.Namespace) -> Iterator[tuple[Path, StoreSettings]]:
    """Give a folder and a store, both taken away afterwards unless they are to be kept."""
    with contextlib.ExitStack() as stack:
        folder = Path(given.keep or stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        if not given.postgres:
            yield folder, store_of(folder)
            return
        cluster = Cluster.make()
        stack.callback(cluster.remove)
        cluster.start()
        cluster.sql("CREATE DATABASE worklist")
        yield folder, settings_of(cluster.url("worklist"))


def main() -> None:
    """Print the figures as JSON; status 1 when an answer or the memory was over what is wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--rms", type=int, default=1000, help="with 1,000 episodes each")
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--only", default="", help="questions whose name has this in it")
    parser.add_argument("--keep", default="", help="SQLite: folder in which the store stays")
    given = parser.parse_args()
    base = load(env={})
    kafka = base.kafka.model_copy(update={"bootstrap": "127.0.0.1:1"})
    with place(given) as (folder, store):
        engine = base.engine.model_copy(update={"state_dir": folder / "state"})
        settings = base.model_copy(update={"kafka": kafka, "engine": engine})
        found = asyncio.run(run(settings, folder, store, given))
    print(json.dumps(found, indent=2))
    figures = found["ms_median_p95_worst_cpu"]
    assert isinstance(figures, dict)
    good = all(p95 <= _LIMIT_MS for _, p95, *_ in figures.values()) and int(str(found["desk_mb"])) < _LIMIT_MB
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
