"""From an event to its committed alert, at a steady load: `python -m tests.benchmarks.latency --rates 2000,10000`.

A broker and a worker of its own. Transactions and balances of 20,000 customers are sent at the wanted rate, and among
them, one in a hundred, requests to port a number out, each of another customer, which are warned about at once. The
time runs from the broker's timestamp of the event to the moment a consumer that reads what is committed has the alert.
Beside it stands the time from the sender's own clock, taken before it makes up a batch: it has the sending in it.
Sender, worker and reader are processes of their own. Wanted: a median of 40 ms at 2,000 events/s and 70 ms at 10,000,
and 150 ms at the 99th percentile.

`--hot 0.5`: measured are the neighbours of one customer, in that shard only, at the same rate: first without, then
while half of all events are that customer's. Wanted: a 99th percentile that is at most twice what it is without.

The second table tells where the time goes: from the broker's timestamp until the batch begins that the event is in
(fetched, held back by the merge, waiting for the shard's turn), from there until the alert is about to be sent (the
step, the offsets), and until the reader has it (the rest of the transaction, and reading). Events, step and transaction
are means of all batches, also of those without an alert.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import logging
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import orjson
import psutil
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from stream.broker.clients import client_options
from stream.config import Settings

from .ground import PARTITIONS, Ground, ground
from .latency_figures import PARTS, WHOLE, Latency, Read, Told, head, latency, ratios, row
from .latency_load import Plan, Sent, customers, send
from .measure import STALLED_S, EngineFailed, scrape
from .process import worker

WARM_S = 5.0
_RUNNING = 'churnwatch_shards{condition="running"}'
_LAST_S = 10.0  # for the alerts still under way

Alerts = dict[str, tuple[float, "ConsumerRecord[bytes, bytes]"]]
"""By customer: when the first alert was read, epoch s, and the alert."""


@contextlib.asynccontextmanager
async def listening(settings: Settings) -> AsyncIterator[Alerts]:
    """Read committed alerts meanwhile."""
    consumer = AIOKafkaConsumer(
        **client_options(settings.kafka), isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await consumer.start()
    consumer.assign([TopicPartition(f"{settings.topics.prefix}alerts", number) for number in range(PARTITIONS)])
    alerts: Alerts = {}
    reading = asyncio.create_task(_read(consumer, alerts))
    try:
        yield alerts
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await consumer.stop()


async def _read(consumer: AIOKafkaConsumer, alerts: Alerts) -> None:
    while True:
        found = await consumer.getmany(timeout_ms=200)
        now = time.time()
        for record in itertools.chain.from_iterable(found.values()):
            alerts.setdefault(record.key.decode(), (now, record))


async def _all(alerts: Alerts, wanted: Mapping[str, float]) -> dict[str, Read]:
    """Wait a while for what is still under way, and return what there is."""
    until = time.perf_counter() + _LAST_S
    while not wanted.keys() <= alerts.keys() and time.perf_counter() < until:
        await asyncio.sleep(0.1)
    return {name: _times(*alerts[name]) for name in wanted if name in alerts}


def _times(read: float, record: ConsumerRecord[bytes, bytes]) -> Read:
    detected = orjson.loads(record.value or b"")["detected_at"]
    return Read(datetime.fromisoformat(detected).timestamp(), record.timestamp / 1000, read)


class Watched:
    """A worker, by its process and its metrics, from `begin` to `end`."""

    def __init__(self, pid: int, url: str) -> None:
        """`pid` and internal address of the worker."""
        self._process, self._page = psutil.Process(pid), f"{url}/metrics"

    async def begin(self) -> None:
        """Take down where the worker stands."""
        self._before = await asyncio.to_thread(scrape, self._page)
        self._cpu, self._begun = self._used(), time.perf_counter()

    async def end(self) -> Told:
        """Return what it did since."""
        cpu = (self._used() - self._cpu) / (time.perf_counter() - self._begun)
        after = await asyncio.to_thread(scrape, self._page)
        grown = {name: value - self._before.get(name, 0.0) for name, value in after.items()}
        batches = max(1.0, grown["churnwatch_batch_events_count"])
        step, transaction = (
            1000 * grown[f'churnwatch_batch_phase_seconds_sum{{phase="{phase}"}}'] / batches
            for phase in ("step", "transaction")
        )
        return Told(grown["churnwatch_batch_events_sum"] / batches, step, transaction, cpu)

    def _used(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)


async def at_rate(
    settings: Settings, watched: Watched, sender: Executor, rate: float, seconds: float, hot: float | None
) -> Latency:
    """Send at one rate and return what its alerts took; `hot`: one customer's share, whose neighbours are measured."""
    loop = asyncio.get_running_loop()
    shard = None if hot is None else customers(PARTITIONS)[0][1]
    async with listening(settings) as alerts:

        async def sent(movers: str, seconds: float) -> Sent:
            plan = Plan(rate, seconds, movers, hot or 0.0, shard)
            return await loop.run_in_executor(sender, send, settings, plan)

        await sent("warm", WARM_S)
        await watched.begin()
        measured = await sent("mover", seconds)
        told = await watched.end()
        read = await _all(alerts, measured.own)
    return latency(measured, read, told, settings.engine, wanted=rate, hot=hot)


def measure(here: Ground, changes: dict[str, int], rate: float, seconds: float, hot: float | None = None) -> Latency:
    """Run a worker of its own for one rate, with these settings of `engine`, on topics that nobody else writes."""
    settings = here.fresh("latency")
    settings = settings.model_copy(update={"engine": settings.engine.model_copy(update=changes)})
    with (
        worker(settings) as (pid, alive, url),
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as sender,
    ):
        _until_ready(url, alive)
        return asyncio.run(at_rate(settings, Watched(pid, url), sender, rate, seconds, hot))


def _until_ready(url: str, alive: Any) -> None:
    until = time.monotonic() + STALLED_S
    while scrape(f"{url}/metrics").get(_RUNNING) != PARTITIONS:
        alive()
        if time.monotonic() > until:
            raise EngineFailed(f"the worker's {PARTITIONS} shards do not run after {STALLED_S:g} s")
        time.sleep(0.2)


def _given(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.latency",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rates", default="2000,10000", help="events a second, comma separated (%(default)s)")
    parser.add_argument("--merge-wait", default="5", metavar="MS", help="comma separated (%(default)s)")
    parser.add_argument("--at-once", default="4", metavar="SHARDS", help="engine.batches_at_once (%(default)s)")
    parser.add_argument("--hot", type=float, metavar="SHARE", help="neighbours without, and with one customer's share")
    parser.add_argument("--seconds", type=float, default=30, help="of each rate (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure each rate and print the tables."""
    given = _given(arguments)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    found: list[Latency] = []
    print(head(WHOLE), flush=True)
    waits, at_once = map(int, given.merge_wait.split(",")), map(int, given.at_once.split(","))
    rates = map(float, given.rates.split(","))
    for wait, most, rate, hot in itertools.product(waits, at_once, rates, [0.0, given.hot] if given.hot else [None]):
        changes = {"merge_wait_ms": wait, "batches_at_once": most}
        with ground("late-") as here:
            found.append(measure(here, changes, rate, given.seconds, hot))
        print(row(WHOLE, found[-1]), flush=True)
    print("", head(PARTS), *(row(PARTS, each) for each in found), "", *ratios(found), sep="\n")
    if given.json is not None:
        given.json.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
