"""Faust: one agent over both topics, a table with its changelog, the state as bytes, at least once."""

from __future__ import annotations

from typing import Any

import faust

from .common_step import CommonStep
from .peer import ALERTS, INPUTS, Counter, Told, told


def build(given: Told) -> faust.App:
    """Return the app; its agent is bound in here."""
    counter = Counter(given.counter)
    common = CommonStep(given.config)
    app = faust.App(
        given.group,
        broker=f"kafka://{given.bootstrap}",
        store="memory://",
        datadir=str(given.state_dir),
        topic_partitions=given.partitions,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        web_enabled=False,
        stream_wait_empty=False,
        autodiscover=False,
        producer_linger_ms=20,  # a tenth less CPU an event than its default of 0
    )
    raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
    states = app.Table("states", partitions=given.partitions, key_type=bytes, value_type=bytes)
    alerts = app.topic(given.group + ALERTS, partitions=given.partitions, **raw)
    names = dict(zip(given.topics, INPUTS, strict=True))

    async def handle(stream: Any) -> None:
        async for event in stream.events():
            message = event.message
            topic, timestamp = names[message.topic], round(message.timestamp * 1000)
            stored, found = common.take(topic, event.key, event.value, timestamp, states.get(event.key))
            states[event.key] = stored
            for alert in found:
                await alerts.send(key=event.key, value=alert)
            counter.add()

    app.agent(app.topic(*given.topics, **raw), name="handle")(handle)
    return app


def run(given: Told) -> None:
    """Process until ended."""
    worker = faust.Worker(build(given), loglevel="WARNING", redirect_stdouts=False, quiet=True)
    worker.execute_from_commandline()


if __name__ == "__main__":
    run(told())
