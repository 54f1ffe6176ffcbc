"""The limit of a client in C: confluent-kafka's `consume` and `orjson.loads`, nothing kept, nothing written."""

from __future__ import annotations

import orjson
from confluent_kafka import Consumer  # type: ignore[import-not-found,unused-ignore]

from .peer import Counter, Told, told


def run(given: Told) -> None:
    """Read and decode until ended."""
    counter = Counter(given.counter)
    consumer = Consumer(
        {
            "bootstrap.servers": given.bootstrap,
            "group.id": given.group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "queued.max.messages.kbytes": 65_536,
        }
    )
    consumer.subscribe(given.topics)
    try:
        while True:
            read = 0
            for message in consumer.consume(num_messages=10_000, timeout=0.1):
                if message.error() is None:
                    orjson.loads(message.value())
                    read += 1
            counter.add(read)
    finally:
        consumer.close()


if __name__ == "__main__":
    run(told())
