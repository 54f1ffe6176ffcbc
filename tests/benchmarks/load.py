"""The load that every engine gets: 600,000 JSON events of some 213 bytes over 20,000 customers, from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import orjson

from stream.engine.log.jsonl import Record

START_MS = 1_735_689_600_000  # 2025-01-01
DAYS = 5
INSTITUTIONS = ("own", "own", "own", "ICBC", "CMB", "CCB")


@dataclass(frozen=True)
class Load:
    """How much, over how many, from which seed; when it `begins`, epoch ms, over how many `days` of event time.

    `first`: the number of its first event.
    """

    events: int = 600_000
    customers: int = 20_000
    seed: int = 7
    begins: int = START_MS
    days: float = DAYS
    first: int = 0

    def more(self, events: int) -> Load:
        """Return a load that goes on where this one ends, of the same customers at the same pace."""
        begins, first = self.begins + round(self.days * 86_400_000), self.first + self.events
        days = self.days * events / self.events
        return replace(self, events=events, seed=self.seed + 1, begins=begins, days=days, first=first)

    def records(self) -> Iterator[Record]:
        """Yield the events in order of time: four transactions to a balance."""
        rng = random.Random(self.seed)
        step = self.days * 86_400_000 / self.events
        for number in range(self.events):
            customer = f"customer-{rng.randrange(self.customers):06d}"
            time = self.begins + round(number * step)
            name = f"e-{self.first + number:08d}"
            event: dict[str, object] = {"event_id": name, "customer_id": customer, "time": time}
            if number % 5:
                topic = "transactions"
                event |= {
                    "amount": rng.randrange(100, 900_000) / 100,
                    "direction": "out" if number % 3 else "in",
                    "category": "transfer",
                    "account_id": "account-1",
                    "counterparty": {"institution": rng.choice(INSTITUTIONS)},
                    "channel": "mobile-app",
                }
            else:
                topic = "balances"
                event |= {"account_id": "account-1", "balance": rng.randrange(10_000_000) / 100, "kind": "current"}
                event |= {"source": "core-banking-ledger", "branch": f"b-{rng.randrange(100):03d}", "currency": "CNY"}
            yield Record(number, topic, customer.encode(), time, orjson.dumps(event))
