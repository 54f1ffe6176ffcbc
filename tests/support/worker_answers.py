"""What a worker answers about a customer, from states that the core itself made."""

from __future__ import annotations

from typing import Any

import orjson

from stream.config import load
from stream.domain.state import decode
from stream.engine.jsonl import Record
from stream.engine.replay import Replay
from stream.engine.report import describe_state


def answer(*events: tuple[str, int, dict[str, Any]], customer: str = "c-1") -> dict[str, Any]:
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
