"""Reads warnings off the topic `alerts`: only what was committed, and each once.

    pip install "aiokafka[zstd]"
    python consumer.py --bootstrap localhost:9092 --group churnwatch-reader-crm

TLS and passwords are further arguments of `AIOKafkaConsumer`; what a reader may do, see `deploy/docs/security.md`. The
fields of an alert stand in `deploy/docs/asyncapi.yaml`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import CommitFailedError


class Recent:
    """The ids of the last alerts. Where a repeat would hurt after a restart too, keep ids beside your own work."""

    def __init__(self, most: int = 100_000) -> None:
        """`most`: ids kept."""
        self._ids: dict[str, None] = {}
        self._most = most

    def first(self, alert_id: str) -> bool:
        """Tell whether it is there for the first time, and keep it."""
        if alert_id in self._ids:
            return False
        self._ids[alert_id] = None
        if len(self._ids) > self._most:
            del self._ids[next(iter(self._ids))]
        return True


def fresh(values: Iterable[bytes], recent: Recent) -> Iterator[dict[str, Any]]:
    """Yield the alerts that were not there before; what cannot be read is told and passed over."""
    for value in values:
        try:
            alert = json.loads(value)
            new = recent.first(alert["alert_id"])
        except (ValueError, TypeError, KeyError):
            sys.stderr.write("a record that is no alert\n")
            continue
        if new:
            yield alert


def line(alert: dict[str, Any]) -> str:
    """Return an alert for a person. Your own work goes here: a message, a ticket, a row."""
    to = ", ".join(alert["routes"])
    return f"{alert['severity']:8} {alert['state']:10} {alert['title']['en']} -> {to}: {alert['reason']['en']}"


def reader(bootstrap: str, topic: str, group: str) -> AIOKafkaConsumer:
    """Return a consumer that sees no aborted record and commits only when it is told to."""
    return AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=group,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )


async def consume(consumer: AIOKafkaConsumer) -> None:
    """Handle first and commit then: after a crash alerts come again, and never go missing."""
    recent = Recent()
    async with consumer:
        while True:
            found = await consumer.getmany(timeout_ms=1000)
            for records in found.values():
                for alert in fresh((record.value for record in records), recent):
                    sys.stdout.write(line(alert) + "\n")
            sys.stdout.flush()
            if found:
                try:
                    await consumer.commit()
                except CommitFailedError:  # the partitions are another member's now, who reads these again
                    continue


def main() -> None:
    """Read until interrupted."""
    parser = argparse.ArgumentParser(description="Print alerts, each once.")
    parser.add_argument("--bootstrap", default="localhost:9092", help="host:port, comma separated")
    parser.add_argument("--topic", default="alerts", help="with topics.prefix in front, if there is one")
    parser.add_argument("--group", default="churnwatch-reader-example", help="consumer group")
    given = parser.parse_args()

    async def run() -> None:
        await consume(reader(given.bootstrap, given.topic, given.group))

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")


if __name__ == "__main__":
    main()
