"""The load of `latency`: a steady rate of events, and among them those that are warned about, one in a hundred.

Sent by a process of its own: thousands of events a second on the reader's event loop would be part of what is measured.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer

from stream.broker.clients import client_options
from stream.config import Settings
from stream.engine.log.partition import partition_for

CUSTOMERS = 20_000
TICK_S = 0.005
_ONE_IN = 100
_LEAVING: dict[str, Any] = {"type": "port_out_requested"}
_BROKERS_TIME = 1  # Kafka's code for LogAppendTime


@dataclass(frozen=True)
class Plan:
    """What is to be sent.

    Attributes:
        rate: events a second.
        seconds: how long.
        movers: how the names of those begin who ask to port their number out; no two plans of a run share it.
        hot: the share of the events that is the first customer's.
        shard: where all movers are; None = in every shard.
    """

    rate: float
    seconds: float
    movers: str
    hot: float = 0.0
    shard: int | None = None


@dataclass(frozen=True)
class Sent:
    """What was sent in `seconds`. By mover, epoch s: `own`, the sender's clock before it sent; `broker`, the record's
    timestamp. `late`: how far the sender was behind at the worst, s."""

    own: dict[str, float]
    broker: dict[str, float]
    events: int
    seconds: float
    late: float


def send(settings: Settings, plan: Plan) -> Sent:
    """Carry out a plan, in whatever process this is.

    Raises:
        KafkaError: the broker refused some of it.
        RuntimeError: the topic does not keep the broker's time.
    """
    return asyncio.run(_send(settings, plan))


async def _send(settings: Settings, plan: Plan) -> Sent:
    async with Sender(settings, plan) as sender:
        return await sender.run()


def home(customer: str, partitions: int) -> int:
    """Return the shard that a customer belongs to."""
    return partition_for(customer.encode(), partitions)


def customers(partitions: int) -> list[tuple[str, int]]:
    """Return the customers of the load, each with the shard; the first is the one who can be made hot."""
    names = [f"customer-{number:06d}" for number in range(CUSTOMERS)]
    return [(name, home(name, partitions)) for name in names]


class Sender:
    """Sends at a rate, in batches of its own making every few ms: one record at a time would take a core."""

    def __init__(self, settings: Settings, plan: Plan) -> None:
        """`plan` says what and how long."""
        self._plan, self._prefix = plan, settings.topics.prefix
        self._producer = AIOKafkaProducer(**client_options(settings.kafka), acks=1)
        self._customers = customers(settings.topics.partitions)
        self._movers = _movers(plan, settings.topics.partitions)
        self._rng = random.Random(plan.movers)
        self._own: dict[str, float] = {}
        self._answers: list[tuple[asyncio.Future[Any], list[str]]] = []

    async def run(self) -> Sent:
        """Send until the time is over; what the clock asks for is sent, however late."""
        rate, begun, done, late = self._plan.rate, time.perf_counter(), 0, 0.0
        while (now := time.perf_counter() - begun) < self._plan.seconds:
            if (count := round(rate * now) - done) > 0:
                late = max(late, count / rate - TICK_S)
                await self._tick(count)
                done += count
            await asyncio.sleep(TICK_S)
        took = time.perf_counter() - begun
        return Sent(self._own, await self._stamps(), done, took, late)

    async def _tick(self, count: int) -> None:
        wall = time.time()
        batches: dict[tuple[str, int], tuple[Any, list[str]]] = {}
        for _ in range(count):
            mover = next(self._movers) if self._rng.random() < 1 / _ONE_IN else None
            topic, (name, partition), about = ("service-events", mover, _LEAVING) if mover else self._everyday()
            place = topic, partition
            if place not in batches:
                batches[place] = self._producer.create_batch(), []
            batch, movers = batches[place]
            event = {"event_id": f"e-{self._rng.random()}", "customer_id": name, "time": round(wall * 1000)} | about
            batch.append(timestamp=event["time"], key=name.encode(), value=orjson.dumps(event))
            if mover:
                self._own[name] = wall
                movers.append(name)
        for (topic, partition), (batch, movers) in batches.items():
            answer = await self._producer.send_batch(batch, self._prefix + topic, partition=partition)
            self._answers.append((answer, movers))

    def _everyday(self) -> tuple[str, tuple[str, int], dict[str, Any]]:
        """Return topic, customer and shard, and fields of a transaction or, one in five, a balance."""
        rng = self._rng
        who = self._customers[0 if rng.random() < self._plan.hot else rng.randrange(CUSTOMERS)]
        about: dict[str, Any] = {"account_id": "account-1"}
        if rng.random() < 0.2:
            return "balances", who, about | {"balance": rng.randrange(10**7) / 100}
        amount = rng.randrange(10**6) / 100
        return "transactions", who, about | {"amount": amount, "direction": "out", "category": "purchase"}

    async def _stamps(self) -> dict[str, float]:
        """Wait for every answer of the broker, and return its time of each mover's record, epoch s."""
        answers = await asyncio.gather(*(answer for answer, _ in self._answers))
        found: dict[str, float] = {}
        for answer, (_, movers) in zip(answers, self._answers, strict=True):
            if answer.timestamp_type != _BROKERS_TIME:
                raise RuntimeError(f"{answer.topic}: records keep their writer's time, not the broker's")
            found |= dict.fromkeys(movers, answer.timestamp / 1000)
        return found

    async def __aenter__(self) -> Sender:
        await self._producer.start()
        return self

    async def __aexit__(self, *fault: object) -> None:
        await self._producer.stop()


def _movers(plan: Plan, partitions: int) -> Iterator[tuple[str, int]]:
    """Yield ever another customer who goes, with the shard: the wanted one, or any."""
    for number in itertools.count():
        name = f"{plan.movers}-{number:06d}"
        shard = home(name, partitions)
        if plan.shard in (None, shard):
            yield name, shard
