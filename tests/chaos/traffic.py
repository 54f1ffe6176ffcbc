"""Seeded traffic that is dense in warnings and timers: the same seed gives the same lines.

Lines come in the order of event time, as a producer sends them when things happen. Two kinds of record are left out,
because no two runs may be expected to treat them alike: events that come late across topics (what was taken before
they came depends on the moment), and tombstones (their event time is the broker's clock).
"""

from __future__ import annotations

import random
from typing import Any

import orjson
from support.units import DAY, T0

from stream.engine.log.jsonl import Record
from stream.engine.log.partition import partition_for

DAYS = 80
GARBAGE = (b"\xff\xfe\x00", b"{", b"[]", b'{"event_id": 1}', b'"text"')
_TEXTS = (
    "I will call a lawyer",
    "the regulator will hear of this",
    "app is slow",
    "我要投诉到银保监会",
    "fee too high",
)
_FORWARDINGS = ("unconditional", "unconditional", "conditional_busy", "conditional_no_answer", "inactive")
_NETWORKS = ("own", "other-mobile", "other-telecom")


def traffic(events: int, customers: int, seed: int = 1, hot: float = 0) -> list[Record]:
    """Return about `events` lines of `customers` customers over `DAYS` days, some resent, some garbage.

    `hot`: the share of all events that is one customer's.
    """
    rng = random.Random(seed)
    people = [_Person(number, rng) for number in range(customers)]
    step = DAYS * DAY // events
    lines: list[Record] = []
    resent: list[tuple[int, Record]] = []
    for number in range(events):
        time = T0 + number * step + rng.randrange(step)
        person = people[0] if hot and rng.random() < hot else rng.choice(people)
        topic, key, value = person.next(time, number)
        lines.append(Record(len(lines) + 1, topic, key.encode(), time, value))
        while resent and resent[0][0] <= number:
            lines.append(resent.pop(0)[1]._replace(line=len(lines) + 1, timestamp=time))
        if rng.random() < 0.02:
            resent.append((number + 500, lines[-1]))
    return lines


def closing(partitions: int, end: int = T0 + (DAYS + 45) * DAY) -> list[Record]:
    """Return one clock event for every partition, late enough for every timer to have fired."""
    lines: dict[int, Record] = {}
    number = 0
    while len(lines) < partitions:
        key = f"clock-{number}"
        shard = partition_for(key.encode(), partitions)
        if shard not in lines:
            value = {"event_id": key, "customer_id": key, "time": end, "staff_id": "s", "how": "call"}
            lines[shard] = Record(0, "contacts", key.encode(), end, orjson.dumps(value | {"result": "reached"}))
        number += 1
    return list(lines.values())


class _Person:
    """One customer: what their next event is depends on what was before."""

    def __init__(self, number: int, rng: random.Random) -> None:
        self.key = f"c{number:05d}"
        self._rng = rng
        self._balance = rng.randrange(5_000, 200_000)
        self._complaints: list[str] = []
        self._number = 0

    def next(self, time: int, number: int) -> tuple[str, str, bytes]:
        """Return what happens next: topic, key, value."""
        draw = self._rng.random()
        if draw < 0.005:
            return self._garbage()
        if draw < 0.12:
            return self._event("transactions", time, number, **self._movement())
        if draw < 0.62:
            return self._event("balances", time, number, account_id="a", balance=self._balances(time))
        if draw < 0.74:
            return self._event("complaints", time, number, **self._complaint())
        if draw < 0.90:
            state, network = self._rng.choice(_FORWARDINGS), self._rng.choice(_NETWORKS)
            forwarding = {"state": state} if state == "inactive" else {"state": state, "target_network": network}
            return self._event("service-events", time, number, type="call_forwarding", forwarding=forwarding)
        if draw < 0.95:
            return self._event("contacts", time, number, staff_id="s1", how="call", result="reached")
        rm = f"rm{self._rng.randrange(20)}"
        return self._event("customers", time, number, rm_id=rm, branch_id="b1", tier="gold")

    def _balances(self, time: int) -> float:
        leaving = time > T0 + 40 * DAY and self._rng.random() < 0.15
        share = self._rng.uniform(0.02, 0.3) if leaving else self._rng.uniform(0.97, 1.03)
        return round(self._balance * share, 2)

    def _movement(self) -> dict[str, Any]:
        out = self._rng.random() < 0.6
        large = self._rng.random() < 0.3
        amount = self._balance * (0.8 if large else 0.01)
        where = "other-bank" if out and large else "own"
        return {
            "direction": "out" if out else "in",
            "amount": f"{amount:.2f}",
            "category": "transfer",
            "counterparty": {"institution": where},
        }

    def _complaint(self) -> dict[str, Any]:
        if self._complaints and self._rng.random() < 0.5:
            complaint = self._complaints.pop(0)
            return {"complaint_id": complaint, "status": "closed", "satisfied": self._rng.random() < 0.8}
        self._number += 1
        self._complaints.append(f"k{self._number}")
        severity = self._rng.choice(("critical", "high", "medium", "low"))
        text = self._rng.choice(_TEXTS)
        return {"complaint_id": self._complaints[-1], "status": "opened", "severity": severity, "text": text}

    def _garbage(self) -> tuple[str, str, bytes]:
        topic = self._rng.choice(("transactions", "balances", "complaints", "service-events"))
        return topic, self.key, self._rng.choice(GARBAGE)

    def _event(self, topic: str, time: int, number: int, **fields: Any) -> tuple[str, str, bytes]:
        value = {"event_id": f"e{number}", "customer_id": self.key, "time": time, **fields}
        return topic, self.key, orjson.dumps(value)
