"""From an event to its committed alert, at a steady load: `python -m tests.benchmarks.latency --rates 2000,10000`.

A broker and a worker of its own. Transactions and balances of 20,000 customers are sent at the wanted rate, and among
them, one in a hundred, requests to port a number out, each of another customer, which are warned about at once. The
time runs from the event's timestamp, taken just before it is sent, to the moment a consumer that reads what is
committed has the alert: sending and receiving are in it. Wanted: a median of 40 ms at 2,000 events/s and 70 ms at
10,000, and 150 ms at the 99th percentile. `--hot 0.5`: half of all events are one customer's, and what is measured are
the neighbours in its shard; wanted: a 99th percentile that is at most twice what it is without.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import logging
import random
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

import orjson
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from stream.config import Settings
from stream.engine.clients import client_options
from stream.engine.partition import partition_for

from .ground import PARTITIONS, Ground, ground
from .measure import STALLED_S, EngineFailed, scrape
from .process import worker

CUSTOMERS = 20_000
WARM_S = 5.0
TICK_S = 0.005
_ONE_IN = 100
_RUNNING = 'churnwatch_shards{condition="running"}'
_LAST_S = 10.0  # for the alerts still under way


@dataclass
class Seen:
    """When what was sent, and when its alert was read; wall clock, s. `late`: how far the sender was behind, s."""

    sent: dict[str, float] = field(default_factory=dict)
    alerts: dict[str, float] = field(default_factory=dict)
    events: int = 0
    late: float = 0.0


@dataclass(frozen=True)
class Latency:
    """Of one rate: ms by percentile; `batch`: events in a transaction, mean; `cpu`: cores that the worker took."""

    merge_wait_ms: int
    hot: float
    rate: float
    alerts: int
    missing: int
    median: float
    p95: float
    p99: float
    longest: float
    batch: float
    transaction_ms: float
    cpu: float
    late_ms: float

    def row(self) -> str:
        """Return a row of the table."""
        figures = (
            f"{self.merge_wait_ms}",
            f"{self.hot:.0%}",
            f"{self.rate:,.0f}",
            f"{self.alerts:,}",
            f"{self.missing}",
            *(f"{ms:.0f}" for ms in (self.median, self.p95, self.p99, self.longest)),
            f"{self.batch:.1f}",
            f"{self.transaction_ms:.0f}",
            f"{self.cpu:.2f}",
            f"{self.late_ms:.0f}",
        )
        return f"| {' | '.join(figures)} |"


_COLUMNS = (
    "merge_wait_ms",
    "one customer's",
    "events/s",
    "alerts",
    "missing",
    "median, ms",
    "p95",
    "p99",
    "longest",
    "events a batch",
    "transaction, ms",
    "worker's cores",
    "sender behind, ms",
)
HEAD = f"| {' | '.join(_COLUMNS)} |\n{'|---' * len(_COLUMNS)}|"


class Sender:
    """Sends at a rate, in batches of its own making every few ms: one record at a time would take a core."""

    def __init__(self, settings: Settings, seen: Seen, hot: float) -> None:
        """`seen` learns what was sent when; `hot`: the share of the events that is one customer's."""
        self._hot, self._prefix, self._seen = hot, settings.topics.prefix, seen
        self._producer = AIOKafkaProducer(**client_options(settings.kafka), acks=1)
        names = [f"customer-{number:06d}" for number in range(CUSTOMERS)]
        self._customers = [(name, partition_for(name.encode(), PARTITIONS)) for name in names]
        self._rng, self._moved = random.Random(3), 0

    async def run(self, rate: float, seconds: float) -> None:
        """Send until the time is over; what the clock asks for is sent, however late."""
        producer, seen = self._producer, self._seen
        begun = time.perf_counter()
        done = 0
        while (now := time.perf_counter() - begun) < seconds:
            want = round(rate * now)
            if want > done:
                await self._send(producer, want - done)
                seen.late = max(seen.late, (want - done) / rate - TICK_S) if now > WARM_S else 0.0
                done = want
            await asyncio.sleep(TICK_S)
        seen.events += done

    async def _send(self, producer: AIOKafkaProducer, count: int) -> None:
        wall = time.time()
        batches: dict[tuple[str, int], Any] = {}
        for _ in range(count):
            topic, partition, key, event = self._event(wall)
            batch = batches.get((topic, partition))
            if batch is None:
                batch = batches[topic, partition] = producer.create_batch()
            batch.append(timestamp=round(wall * 1000), key=key, value=orjson.dumps(event))
        for (topic, partition), batch in batches.items():
            await producer.send_batch(batch, self._prefix + topic, partition=partition)

    def _event(self, wall: float) -> tuple[str, int, bytes, dict[str, Any]]:
        rng = self._rng
        number = rng.random()
        about: dict[str, Any] = {"event_id": f"e-{number}", "time": round(wall * 1000)}
        if number < 1 / _ONE_IN:
            name = self._mover()
            self._seen.sent[name] = wall
            about |= {"customer_id": name, "type": "port_out_requested"}
            return "service-events", partition_for(name.encode(), PARTITIONS), name.encode(), about
        name, partition = self._customers[0 if rng.random() < self._hot else rng.randrange(CUSTOMERS)]
        about |= {"customer_id": name, "account_id": "account-1"}
        if number < 0.2:
            return "balances", partition, name.encode(), about | {"balance": rng.randrange(10**7) / 100}
        about |= {"amount": rng.randrange(10**6) / 100, "direction": "out", "category": "purchase"}
        return "transactions", partition, name.encode(), about

    def _mover(self) -> str:
        """Return another customer who goes; where one is hot, a neighbour of theirs."""
        while True:
            self._moved += 1
            name = f"mover-{self._moved:06d}"
            if not self._hot or partition_for(name.encode(), PARTITIONS) == self._customers[0][1]:
                return name

    async def __aenter__(self) -> Sender:
        await self._producer.start()
        return self

    async def __aexit__(self, *fault: object) -> None:
        await self._producer.stop()


@contextlib.asynccontextmanager
async def listening(settings: Settings, seen: Seen) -> AsyncIterator[None]:
    """Read committed alerts meanwhile."""
    consumer = AIOKafkaConsumer(
        **client_options(settings.kafka), isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await consumer.start()
    consumer.assign([TopicPartition(f"{settings.topics.prefix}alerts", number) for number in range(PARTITIONS)])
    reading = asyncio.create_task(_read(consumer, seen))
    try:
        yield
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await consumer.stop()


async def _read(consumer: AIOKafkaConsumer, seen: Seen) -> None:
    while True:
        found = await consumer.getmany(timeout_ms=200)
        now = time.time()
        for records in found.values():
            for record in records:
                seen.alerts.setdefault(record.key.decode(), now)


async def at_rate(settings: Settings, url: str, pid: int, rate: float, seconds: float, hot: float) -> Latency:
    """Send at one rate and return what its alerts took."""
    process, seen = psutil.Process(pid), Seen()
    async with Sender(settings, seen, hot) as sender, listening(settings, seen):
        await sender.run(rate, WARM_S)
        warm, events = set(seen.sent), seen.events
        before, cpu, begun = scrape(f"{url}/metrics"), process.cpu_times(), time.perf_counter()
        await sender.run(rate, seconds)
        took = time.perf_counter() - begun
        used = process.cpu_times()
        after = await asyncio.to_thread(scrape, f"{url}/metrics")
        until = time.perf_counter() + _LAST_S
        while len(seen.alerts) < len(seen.sent) and time.perf_counter() < until:
            await asyncio.sleep(0.1)
    times = [1000 * (seen.alerts[n] - at) for n, at in seen.sent.items() if n in seen.alerts and n not in warm]
    cuts = quantiles(times, n=100)

    def grown(name: str) -> float:
        return after.get(name, 0.0) - before.get(name, 0.0)

    batches = grown("churnwatch_batch_events_count")
    transactions = grown('churnwatch_batch_phase_seconds_sum{phase="transaction"}')
    return Latency(
        merge_wait_ms=settings.engine.merge_wait_ms,
        hot=hot,
        rate=(seen.events - events) / took,
        alerts=len(times),
        missing=len(seen.sent) - len(seen.alerts),
        median=cuts[49],
        p95=cuts[94],
        p99=cuts[98],
        longest=max(times),
        batch=grown("churnwatch_batch_events_sum") / max(1.0, batches),
        transaction_ms=1000 * transactions / max(1.0, batches),
        cpu=(used.user + used.system - cpu.user - cpu.system) / took,
        late_ms=1000 * seen.late,
    )


def measure(here: Ground, wait_ms: int, rate: float, seconds: float, hot: float = 0.0) -> Latency:
    """Run a worker of its own for one rate and one `engine.merge_wait_ms`, on topics that nobody else writes."""
    settings = here.fresh("latency")
    engine = settings.engine.model_copy(update={"merge_wait_ms": wait_ms})
    settings = settings.model_copy(update={"engine": engine})
    with worker(settings) as (pid, alive, url):
        _until_ready(url, alive)
        return asyncio.run(at_rate(settings, url, pid, rate, seconds, hot))


def _until_ready(url: str, alive: Any) -> None:
    until = time.monotonic() + STALLED_S
    while scrape(f"{url}/metrics").get(_RUNNING) != PARTITIONS:
        alive()
        if time.monotonic() > until:
            raise EngineFailed(f"the worker's {PARTITIONS} shards do not run after {STALLED_S:g} s")
        time.sleep(0.2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure each rate and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.latency",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rates", default="2000,10000", help="events a second, comma separated (%(default)s)")
    parser.add_argument("--merge-wait", default="10", metavar="MS", help="comma separated (%(default)s)")
    parser.add_argument("--hot", type=float, metavar="SHARE", help="measure without, and with one customer's share")
    parser.add_argument("--seconds", type=float, default=30, help="of each rate (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    given = parser.parse_args(arguments)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    found = []
    print(HEAD, flush=True)
    waits, rates = map(int, given.merge_wait.split(",")), map(float, given.rates.split(","))
    for wait, rate, hot in itertools.product(waits, rates, [0.0, given.hot] if given.hot else [0.0]):
        with ground("late-") as here:
            found.append(measure(here, wait, rate, given.seconds, hot))
        print(found[-1].row(), flush=True)
    if given.json is not None:
        given.json.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
