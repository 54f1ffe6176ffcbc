"""Recently seen event ids of a customer, for a producer's resends: eight bytes each, oldest first.

Six bytes of XXH3 of (topic, id) and two of the business day it was seen on. With 64 entries a false match has a
chance of 64 / 2^48 an event: once in some 4 million million.
"""

from __future__ import annotations

from xxhash import xxh3_64_digest

ENTRY = 8
MOST = 64
KEEP_DAYS = 7


def digest(topic: str, event_id: str) -> bytes:
    """Return the six bytes that stand for an event."""
    return xxh3_64_digest(f"{topic}\0{event_id}".encode())[:6]


def contains(seen: bytes, event: bytes) -> bool:
    """Tell whether an event was seen; `event` is a `digest`."""
    at = seen.find(event)
    while at >= 0:
        if at % ENTRY == 0:
            return True
        at = seen.find(event, at + 1)
    return False


def add(seen: bytes, event: bytes, day: int) -> bytes:
    """Return `seen` with one more event, without what is too old or too many. `day` is a business day."""
    oldest = day - KEEP_DAYS
    while seen and ((seen[6] << 8 | seen[7]) - oldest) & 0xFFFF > 0x7FFF:
        seen = seen[ENTRY:]
    if len(seen) >= MOST * ENTRY:
        seen = seen[-(MOST - 1) * ENTRY :]
    return seen + event + (day & 0xFFFF).to_bytes(2, "big")
