"""The step every peer does: the project's own codec and core over a state kept as bytes, as its stores keep it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import orjson

from stream.config import load
from stream.domain.state import State, decode, encode
from stream.engine.assemble import codec, step
from stream.metrics import Metrics
from stream.policy.base import Moment


class CommonStep:
    """Bytes of a record and of its customer's state in, bytes of the new state out."""

    def __init__(self, file: Path | None = None) -> None:
        """Read the configuration as a worker does: the shipped one, or `file`."""
        settings = load(file, env={})
        self._codec = codec(settings)
        self._step = step(settings, Metrics())

    def take(
        self, topic: str, key: bytes, value: bytes, timestamp: int, stored: bytes | None
    ) -> tuple[bytes, list[bytes]]:
        """Return the new state and the bodies of the alerts that came of an event.

        Args:
            topic: the logical topic's name, without prefix.
            key: the record's.
            value: the record's.
            timestamp: the record's, ms.
            stored: the customer's state as stored, none of a new one.

        Raises:
            Rejected: the record cannot be read.
        """
        event = self._codec.decode(topic, key, value, timestamp)
        state = State() if stored is None else decode(stored)
        alerts = self._step.event(event.customer_id, state, event, Moment(event.time, timestamp))
        return encode(state), [orjson.dumps(msgspec.to_builtins(alert)) for alert in alerts or ()]
