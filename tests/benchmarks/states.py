"""A changelog full of states: as many as asked for, of about 1 KB, each a state that the engine could have written."""

from __future__ import annotations

import random
from collections.abc import Iterator

from aiokafka import AIOKafkaProducer

from stream.broker.clients import client_options
from stream.config import Settings
from stream.domain.state import Account, State, encode
from stream.engine.kafka.log import COMPRESSION
from stream.engine.log.partition import partition_for
from stream.engine.store.rocks import STATE
from stream.topics import CHANGELOG

_SHAPES = 499
_CLOSINGS = 72
_DAY = 20_000
_BATCH_BYTES = 900_000
_IN_FLIGHT = 32


def shapes(seed: int = 7) -> list[bytes]:
    """Return encoded states of about 1 KB: one account with its daily closings, and recently seen event ids."""
    rng = random.Random(seed)
    found = []
    for _ in range(_SHAPES):
        account = Account("current", rng.randrange(10**8), _DAY * 86_400_000)
        for day in range(_DAY - _CLOSINGS, _DAY):
            account.closings.put(day, rng.randrange(10**8), _CLOSINGS, day)
        state = State(first_seen=1, newest=_DAY * 86_400_000, accounts={"account-1": account}, seen=rng.randbytes(512))
        found.append(encode(state))
    return found


def states(count: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield customer and encoded state; no two neighbours in a batch are alike, so that they do not compress away."""
    found = shapes()
    for number in range(count):
        yield f"customer-{number:07d}".encode(), found[number % _SHAPES]


async def write(settings: Settings, count: int) -> int:
    """Put `count` states into the changelog, every one acknowledged, and return their bytes."""
    producer = AIOKafkaProducer(
        **client_options(settings.kafka),
        enable_idempotence=True,
        compression_type=COMPRESSION,
        max_batch_size=_BATCH_BYTES,
        max_request_size=16 << 20,
    )
    topic = settings.topics.prefix + CHANGELOG
    await producer.start()
    try:
        batches = {number: producer.create_batch() for number in range(settings.topics.partitions)}
        futures = []
        size = 0
        for customer, state in states(count):
            number = partition_for(customer, settings.topics.partitions)
            key = STATE + customer
            size += len(key) + len(state)
            if batches[number].append(key=key, value=state, timestamp=None) is None:
                futures.append(await producer.send_batch(batches[number], topic, partition=number))
                batches[number] = producer.create_batch()
                batches[number].append(key=key, value=state, timestamp=None)
                if len(futures) > _IN_FLIGHT:
                    await futures.pop(0)
        futures += [await producer.send_batch(batch, topic, partition=n) for n, batch in batches.items()]
        for future in futures:
            await future
        return size
    finally:
        await producer.stop()
