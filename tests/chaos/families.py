"""Households whose members leave, on top of the traffic: what shards have to tell each other, while they are killed.

One member of a household leaves, once: which of two departures in two shards comes first at the household's own depends
on how far these are, and so would who is warned of which. Everybody is known long before anybody leaves.
"""

from __future__ import annotations

import random
from typing import Any

import orjson
from support.units import DAY, HOUR, T0

from chaos.traffic import DAYS
from stream.engine.log.jsonl import Record

MEMBERS = 5


def families(count: int, seed: int = 1) -> list[Record]:
    """Return the lines of so many households in order of time: profiles, balances, and one departure each."""
    rng = random.Random(seed)
    lines: list[tuple[int, str, str, dict[str, Any]]] = []
    for number in range(count):
        names = [f"f{number:04d}-{member}" for member in range(MEMBERS)]
        lines += [(T0 - DAY + rng.randrange(DAY), "customers", name, {"household_id": f"h{number}"}) for name in names]
        for name in names:
            moments = [T0 + rng.randrange(2, DAYS) * DAY + rng.randrange(DAY) for _ in range(6)]
            lines += [(moment, "balances", name, {"account_id": "a", "balance": 900}) for moment in moments]
        leaves = T0 + rng.randrange(40, DAYS - 5) * DAY + rng.randrange(HOUR)
        lines.append((leaves, "service-events", rng.choice(names), {"type": "port_out_completed"}))
    lines.sort(key=lambda line: line[:3])
    return [_record(number, time, topic, name, fields) for number, (time, topic, name, fields) in enumerate(lines, 1)]


def _record(number: int, time: int, topic: str, name: str, fields: dict[str, Any]) -> Record:
    value = {"event_id": f"family-{number}", "customer_id": name, "time": time, **fields}
    return Record(number, topic, name.encode(), time, orjson.dumps(value))
