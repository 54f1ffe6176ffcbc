"""What marks of forgotten customers are made of, for shards and desk alike."""

from __future__ import annotations

from hashlib import blake2b

from stream.engine.log.port import Record

ARRIVED = "dl_timestamp"
"""Header of dead letters, and of records that were sent again from one: when it first arrived, epoch ms."""


def digest(customer: bytes) -> bytes:
    """Return what stands for a forgotten customer's id: 128 bits of BLAKE2b."""
    return blake2b(customer, digest_size=16, person=b"forgotten").digest()


def first_arrival(record: Record) -> int:
    """Return when a record first arrived, epoch ms: its timestamp, or what it says where it was sent again."""
    arrived = record.timestamp
    for name, value in getattr(record, "headers", ()):
        if name == ARRIVED and value is not None and len(value) < 16 and value.isdigit():
            arrived = min(arrived, int(value))
    return arrived
