"""The body of a webhook: type, timestamp and data as Standard Webhooks asks for, small enough. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from stream.desk.notify.webhook import MOST_BYTES
from stream.domain.alerts import TYPE

_SPARE = ("series", "reasons", "evidence", "causes", "next_step")  # left out in this order while it is too large
_KEPT = ("alert_id", "episode_id", "sequence", "state", "kind", "severity", "priority", "customer_id", "event_time")


def payload(alert_body: bytes) -> bytes:
    """Return the payload of an alert, under 20 kB: what had to be left out is named in `data.left_out`."""
    data: dict[str, Any] = msgspec.json.decode(alert_body, type=dict[str, Any])
    left_out: list[str] = []
    for name in ("", *_SPARE):
        if name and data.get(name):
            del data[name]
            left_out.append(name)
        packed = _packed(data | ({"left_out": left_out} if left_out else {}))
        if len(packed) < MOST_BYTES:
            return packed
    return _packed({name: data[name] for name in _KEPT if name in data} | {"left_out": ["everything else"]})


def _packed(data: dict[str, Any]) -> bytes:
    kind = TYPE.format(state=data.get("state"))
    return msgspec.json.encode({"type": kind, "timestamp": data.get("event_time"), "data": data})
