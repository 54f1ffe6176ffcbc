"""The load that every engine gets: 600,000 JSON events of some 213 bytes over 20,000 customers, from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from stream.engine.log.jsonl import Record

START_MS = 1_735_689_600_000  # 2025-01-01
DAYS = 5
INSTITUTIONS = ("own", "own", "own", "ICBC", "CMB", "CCB")


@dataclass(frozen=True)
class Load:
    """How much, over how many, from which seed."""

    events: int = 600_000
    customers: int = 20_000
    seed: int = 7

    def records(self) -> Iterator[Record]:
        """Yield the events in order of time: four transactions to a balance."""
        rng = random.Random(self.seed)
        step = DAYS * 86_400_000 / self.events
        for number in range(self.events):
            customer = f"customer-{rng.randrange(self.customers):06d}"
            time = START_MS + round(number * step)
            event: dict[str, object] = {"event_id": f"e-{number:08d}", "customer_id": customer, "time": time}
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
