"""Records into values, and why not: the edge where bad input stops."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec

from stream.codec import Codec, Rejected
from stream.desk.intake.reading import Came
from stream.desk.store.repositories.alerts import millis
from stream.domain.alerts import DeskAlert
from stream.engine.log.memory import MemoryRecord
from stream.engine.shard.pseudonyms import SEALED, Pseudonyms, Unsealed

_PROBES = frozenset({"test", "heartbeat"})
_EVERYWHERE = frozenset({"staff", "customers", "contacts", "complaints", "service-events"})


class _Peek(msgspec.Struct):
    state: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A record that could be read: its value, and where it stood. `value` is `None` for a probe: nothing to write."""

    came: Came
    value: Any


class Edge:
    """Reads records of the desk's topics."""

    def __init__(self, codec: Codec, *, max_bytes: int, pseudonyms: Pseudonyms | None = None) -> None:
        """`codec` for what comes from outside; `max_bytes` of an alert; `pseudonyms`: who opens those on alerts."""
        self._codec = codec
        self._pseudonyms = pseudonyms
        self._max_bytes = max_bytes
        self._alerts = msgspec.json.Decoder(DeskAlert)
        self._peek = msgspec.json.Decoder(_Peek)

    def read(self, came: Came) -> Item:
        """Return a record's value.

        Raises:
            Rejected: it cannot be read, with the path of the fault.
        """
        record = came.record
        if came.topic == "alerts":
            alert = self._alert(record.key, record.value)
            sealed = dict(getattr(record, "headers", ())).get(SEALED)
            return Item(came, alert) if alert is None or sealed is None else self._opened(came, alert, sealed)
        return Item(came, self._codec.decode(came.topic, record.key, record.value, record.timestamp))

    def _opened(self, came: Came, alert: DeskAlert, sealed: bytes) -> Item:
        """Return an alert under its customer's id, as if it had come so: the desk's people know no pseudonyms."""
        if self._pseudonyms is None:
            raise Rejected("sealed", "$.customer_id", "is a pseudonym, and privacy.keys holds no key")
        try:
            true = self._pseudonyms.opened(alert, sealed)
        except Unsealed as why:
            raise Rejected("sealed", "$.customer_id", str(why)) from None
        old = came.record
        record = MemoryRecord(old.offset, old.timestamp, true.customer_id.encode(), msgspec.json.encode(true))
        return Item(replace(came, record=record), true)

    def _alert(self, key: bytes | None, value: bytes | None) -> DeskAlert | None:
        """Return an alert, or `None` for what an operator sends to check a receiver."""
        if value is None:
            raise Rejected("no-value", "$", "expected a value")
        if len(value) > self._max_bytes:
            raise Rejected("too-large", "$", f"{len(value)} bytes; at most {self._max_bytes} are allowed")
        try:
            if self._peek.decode(value).state in _PROBES:
                return None
            alert = self._alerts.decode(value)
            _check_times(alert)
        except msgspec.ValidationError as fault:
            text, _, path = str(fault).partition(" - at `")
            raise Rejected("invalid", path.rstrip("`") or "$", text) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
            raise Rejected("not-json", "$", type(fault).__name__) from None
        if alert.customer_id.encode() != (key or b""):
            raise Rejected("wrong-key", "$.customer_id", "differs from the record's key")
        return alert


def dead_lettered_here(topic: str) -> bool:
    """Tell whether a bad record of a topic is the desk's to dead-letter: of the others a worker says so."""
    return topic not in _EVERYWHERE


def _check_times(alert: DeskAlert) -> None:
    """Check that the times can be read.

    Raises:
        Rejected: one is not RFC 3339.
    """
    times = {"$.event_time": alert.event_time}
    if isinstance(alert.detected_at, str):
        times["$.detected_at"] = alert.detected_at
    if alert.next_step is not None:
        times["$.next_step.due"] = alert.next_step.due
    for path, text in times.items():
        try:
            if not 0 <= millis(text) < 1 << 53:
                raise ValueError
        except (ValueError, OverflowError):
            raise Rejected("invalid", path, "expected an RFC 3339 time") from None
