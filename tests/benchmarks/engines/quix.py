"""Quix Streams: one stateful `apply` over both topics, its RocksDB state with a changelog, at least once."""

from __future__ import annotations

from typing import Any

from quixstreams import Application, message_context  # type: ignore[import-not-found,unused-ignore]

from .common_step import CommonStep
from .peer import ALERTS, INPUTS, Counter, Told, told


def run(given: Told) -> None:
    """Process until ended."""
    counter = Counter(given.counter)
    common = CommonStep(given.config)
    app = Application(
        broker_address=given.bootstrap,
        consumer_group=given.group,
        auto_offset_reset="earliest",
        state_dir=given.state_dir,
        loglevel="WARNING",
    )
    names = dict(zip(given.topics, INPUTS, strict=True))

    def apply(value: bytes, key: bytes, timestamp: int, headers: Any, state: Any) -> list[bytes]:
        stored, alerts = common.take(names[message_context().topic], key, value, timestamp, state.get_bytes("state"))
        state.set_bytes("state", stored)
        counter.add()
        return alerts

    frames = [
        app.dataframe(app.topic(name, key_deserializer="bytes", value_deserializer="bytes")) for name in given.topics
    ]
    merged = frames[0]
    for frame in frames[1:]:
        merged = merged.concat(frame)
    with_alerts = merged.apply(apply, stateful=True, metadata=True, expand=True)
    with_alerts.to_topic(app.topic(given.group + ALERTS, value_serializer="bytes"))
    app.run()


if __name__ == "__main__":
    run(told())
