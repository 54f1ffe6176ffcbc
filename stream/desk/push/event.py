"""One server-sent event, encoded once for all who read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from stream.desk.store.tables import Push

HEARTBEAT = b": here\n\n"
"""A comment: keeps proxies from closing a quiet stream."""
RESET = "reset"
"""The event that tells a page to load its list anew: what it missed is no longer kept."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Of every stream, in seconds."""

    heartbeat_s: float = 15.0
    stall_s: float = 20.0  # a write that takes longer ends the stream
    retry_ms: int = 2_000  # the browser comes back so long after the stream broke


@dataclass(frozen=True, slots=True)
class Event:
    """`number` is the id from which a stream goes on; `encoded` are the bytes on the wire, with all the rest."""

    number: int
    event: str
    notify: bool  # the browser is to show a notification
    data: Mapping[str, Any]  # ids and words, no name, number or amount
    encoded: bytes


def of_push(push: Push) -> Event:
    """Return a stored push as an event; its data tells whether the browser is to show a notification."""
    data = {**push.data, "notify": push.notify, "at": push.created_at}
    ids = {"episode_id": push.episode_id, "alert_id": push.alert_id, "customer_id": push.customer_id}
    data |= {name: id_ for name, id_ in ids.items() if id_ is not None}
    return make(push.number, push.event, data)


def reset(number: int) -> Event:
    """Return the event after which a page goes on behind `number`, having loaded its list anew."""
    return make(number, RESET, {})


def make(number: int, name: str, data: dict[str, Any]) -> Event:
    """Return an event. JSON has no line break of its own, so that one `data` line holds it."""
    word = "".join(sign for sign in name if sign.isalnum() or sign in "-_") or "message"
    return Event(
        number,
        word,
        bool(data.get("notify")),
        data,
        b"id: %d\nevent: %s\ndata: %s\n\n" % (number, word.encode(), msgspec.json.encode(data)),
    )
