"""The shape of a dead letter: the record as it was received, and headers that say where it came from and why."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

import orjson

from stream.codec import Rejected
from stream.engine.log.marks import first_arrival
from stream.engine.log.port import Message, Record
from stream.faults import describe

TOPIC = "dead-letters"


@cache
def build_version() -> str:
    """Return the version of this build."""
    try:
        return version("churnwatch")
    except PackageNotFoundError:
        return "unknown"


def dead_letter(source: str, shard: int, record: Record, why: Rejected) -> Message:
    """Return the dead letter of a record that could not be read or handled."""
    return _message(
        record.key,
        record.value,
        dl_topic=source,
        dl_partition=shard,
        dl_offset=record.offset,
        dl_timestamp=first_arrival(record),
        dl_reason=why.reason,
        dl_path=why.path,
        dl_message=why.message,
    )


def failed_timers(shard: int, customer: bytes, due: int, fault: Exception) -> Message:
    """Return the dead letter of a customer's timers that could not be handled; they are given up."""
    value = orjson.dumps({"due": due})
    return _message(
        customer,
        value,
        dl_topic="timers",
        dl_partition=shard,
        dl_reason="poison",
        dl_path="$",
        dl_message=describe(fault),
    )


def _message(key: bytes | None, value: bytes | None, **headers: object) -> Message:
    headers["dl_version"] = build_version()
    return Message(TOPIC, key, value, [(name, str(text).encode()) for name, text in headers.items()])
