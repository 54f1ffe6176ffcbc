"""What a worker answers about a customer, from states that the core itself made."""

from __future__ import annotations

from typing import Any

import orjson

from stream.config import load
from stream.domain.state import decode
from stream.engine.log.jsonl import Record
from stream.engine.replay import Replay
from stream.engine.store.described import describe_state

HOUR, DAY = 3_600_000, 86_400_000
Event = tuple[str, int, dict[str, Any]]
"""Topic, time (epoch ms), fields."""


def drained(now: int) -> list[Event]:
    """Return the events of 60 quiet days, a call now and then, and a day on which all goes to another bank."""
    first = now - 60 * DAY
    balances: list[Event] = [
        ("balances", first + n * DAY, {"account_id": "a", "balance": 50_000, "kind": "current"}) for n in range(60)
    ]
    call: dict[str, Any] = {"amount": 0, "direction": "out", "category": "call", "quantity": 7, "unit": "min"}
    calls: list[Event] = [("transactions", first + n * DAY + HOUR, call) for n in range(0, 60, 7)]
    out: dict[str, Any] = {
        "amount": "48000",
        "direction": "out",
        "counterparty": {"institution": "other-bank", "own_name": True},
    }
    last = now - HOUR
    return [
        *sorted([*balances, *calls], key=lambda event: event[1]),
        ("transactions", last, {**out, "account_id": "a"}),
        ("balances", last, {"account_id": "a", "balance": "2000.50", "kind": "current"}),
    ]  # fmt: skip


def answer(*events: Event, customer: str = "c-1") -> dict[str, Any]:
    """Return what `/state` of a worker says after these events: topic, time, fields."""
    replay = Replay(load(env={}))
    lines = []
    for number, (topic, time, value) in enumerate(events):
        body = {"event_id": f"e{number}", "customer_id": customer, "time": time, **value}
        lines.append(Record(number, topic, customer.encode(), time, orjson.dumps(body)))
    replay.load(lines)
    replayed = replay.run()
    assert replayed.results["handled"] == len(events), replayed.dead_letters
    stored = replayed.states[customer.encode()]
    assert decode(stored)
    body = {"customer_id": customer, "shard": 3, "bytes": len(stored), "state": describe_state(stored)}
    return orjson.loads(orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS))
