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
    today = (day & 0xFFFF).to_bytes(2, "big")
    if seen[6:8] != today and seen:
        seen = _without_old(seen, (day - KEEP_DAYS) & 0xFFFF)
    return seen[-(MOST - 1) * ENTRY :] + event + today


def _without_old(seen: bytes, oldest: int) -> bytes:
    start = 0
    while start < len(seen) and ((int.from_bytes(seen[start + 6 : start + 8], "big") - oldest) & 0xFFFF) > 0x7FFF:
        start += ENTRY
    return seen[start:]
