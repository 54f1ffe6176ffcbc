"""A timeline of events in a few words, and a replay of it over the memory log.

>>> line = at("2025-03-01 10:00").balance("c1", 100_000)
>>> line.topic, line.key, line.value["balance"]
('balances', 'c1', 100000)

Local times are Shanghai's. Ids are made of what the event says, so the same words are the same event.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

import msgspec
import orjson

from models.example import Example, in_turn
from stream.config import Settings, load
from stream.engine.log.jsonl import Line, Record, parse
from stream.engine.log.memory import MemoryRecord
from stream.engine.replay import Replay

ZONE = ZoneInfo("Asia/Shanghai")
DAY = dt.timedelta(days=1)

Lines = Line | Iterable["Lines"]


def ms(text: str) -> int:
    """Return the epoch ms of a local time."""
    return round(dt.datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)


@dataclass(frozen=True)
class At:
    """A moment: its methods make the events that happen then. `arrives` is the record's timestamp, epoch ms."""

    time: int
    arrives: int | None = None

    def arriving(self, text: str) -> At:
        """The same event time, received later."""
        return replace(self, arrives=ms(text))

    def plus(self, *, days: float = 0, hours: float = 0, minutes: float = 0) -> At:
        """So much later."""
        return replace(self, time=self.time + round((days * 24 + hours) * 3_600_000 + minutes * 60_000))

    def event(self, topic: str, customer: str, **fields: Any) -> Line:
        """Any event; fields left `None` are left out."""
        body = {name.rstrip("_"): value for name, value in fields.items() if value is not None}
        digest = crc32(orjson.dumps(body, option=orjson.OPT_SORT_KEYS))
        value = {
            "event_id": f"{topic}-{customer}-{self.time}-{digest:08x}",
            "customer_id": customer,
            "time": self.time,
            **body,
        }
        return Line(topic, customer, self.time if self.arrives is None else self.arrives, value)

    def balance(self, customer: str, balance: Any, account: str = "a1", **fields: Any) -> Line:
        """An account's balance."""
        return self.event("balances", customer, account_id=account, balance=balance, **fields)

    def pays(self, customer: str, amount: Any, to: str = "rival-bank", **fields: Any) -> Line:
        """Money to an institution; `own` is us."""
        counterparty = {"institution": to}
        return self.event("transactions", customer, amount=amount, direction="out", counterparty=counterparty, **fields)

    def transaction(self, customer: str, amount: Any, direction: str = "out", **fields: Any) -> Line:
        """Any movement."""
        return self.event("transactions", customer, amount=amount, direction=direction, **fields)

    def forwarding(
        self, customer: str, state: str, network: str | None = None, number: str | None = None, **fields: Any
    ) -> Line:
        """The forwarding that is now in force."""
        given = {"state": state, "target_network": network, "target_number": number}
        forwarding = {name: value for name, value in given.items() if value is not None}
        return self.service(customer, "call_forwarding", forwarding=forwarding, **fields)

    def service(self, customer: str, type_: str, **fields: Any) -> Line:
        """A service event."""
        return self.event("service-events", customer, type=type_, **fields)

    def product(self, customer: str, what: str, product_id: str, **product: Any) -> Line:
        """`product_opened`, `_matured`, `_redeemed` or `_closed`."""
        return self.service(customer, what, product={"product_id": product_id, **product})

    def complaint(self, customer: str, complaint: str, status: str = "opened", **fields: Any) -> Line:
        """A complaint opened or moved on."""
        return self.event("complaints", customer, complaint_id=complaint, status=status, **fields)

    def profile(self, customer: str, **fields: Any) -> Line:
        """The customer's profile."""
        return self.event("customers", customer, **fields)

    def forget(self, customer: str) -> Line:
        """The tombstone of a profile."""
        return Line("customers", customer, self.time, None)

    def feedback(self, customer: str, episode: str, action: str, **fields: Any) -> Line:
        """What an RM did."""
        body = {"action_id": f"{episode}-{action}-{self.time}", "episode_id": episode, "actor": "rm-1"}
        return self.event("feedback", customer, **body, action=action, **fields)

    def passes(self) -> Line:
        """Let time pass: somebody else's uneventful event."""
        return self.event("contacts", "clock", staff_id="s", how="call", result="reached")


def at(text: str) -> At:
    """Return a local moment, such as `2025-03-01 10:00`."""
    return At(ms(text))


def every_day(first: str, days: int, hour: str = "18:00") -> Iterator[At]:
    """Yield a moment on each of so many days."""
    day = dt.date.fromisoformat(first)
    for number in range(days):
        yield at(f"{day + number * DAY} {hour}")


def steady(customer: str, balance: Any, first: str = "2025-01-01", days: int = 60, **fields: Any) -> list[Line]:
    """A history of the same balance every evening."""
    return [moment.balance(customer, balance, **fields) for moment in every_day(first, days)]


@dataclass
class Outcome:
    """What a timeline led to."""

    alerts: list[dict[str, Any]] = field(default_factory=list)  # in order of event time
    dead_letters: list[MemoryRecord] = field(default_factory=list)
    states: dict[bytes, bytes] = field(default_factory=dict)
    results: Mapping[str, int] = field(default_factory=dict)
    suppressed: Mapping[tuple[str, str], int] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)  # in the order in which a trainer takes them

    def story(self, kind: str | None = None, customer: str | None = None) -> list[tuple[str, str]]:
        """Return (state, severity) of each alert, in order."""
        return [
            (a["state"], a["severity"])
            for a in self.alerts
            if kind in (None, a["kind"]) and customer in (None, a["customer_id"])
        ]


@cache
def _defaults() -> dict[str, Any]:
    return load(env={}).model_dump()


def settings(**sections: Mapping[str, Any]) -> Settings:
    """Return the default settings with one partition, and what `sections` change of them."""
    return Settings.model_validate(_merged(_merged(_defaults(), {"topics": {"partitions": 1}}), sections))


def _merged(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    return {**low, **{k: _merged(low.get(k) or {}, v) if isinstance(v, Mapping) else v for k, v in high.items()}}


def flat(parts: Iterable[Lines]) -> Iterator[Line]:
    """Yield the lines in nested lists of them."""
    for part in parts:
        if isinstance(part, Line):
            yield part
        else:
            yield from flat(part)


def records(*parts: Lines) -> Iterator[Record]:
    """Yield lines as replay reads them, in order of arrival; those of one moment in the order given."""
    for number, line in enumerate(sorted(flat(parts), key=lambda line: line.timestamp), 1):
        record = parse(number, line.encode())
        assert isinstance(record, Record), record
        yield record


def run(*parts: Lines, **sections: Mapping[str, Any]) -> Outcome:
    """Replay the lines with the default configuration but for `sections` and return what came of it."""
    replay = Replay(settings(**sections))
    replay.load(records(*parts))
    replayed = replay.run()
    alerts = [orjson.loads(record.value or b"") for record in replayed.alerts]
    suppressed = {
        (sample.labels["stage"], sample.labels["kind"]): int(sample.value)
        for metric in replay.metrics.suppressed.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    }
    alerts.sort(key=lambda alert: alert["event_time"])
    examples = sorted((msgspec.json.decode(record.value, type=Example) for record in replayed.examples), key=in_turn)
    return Outcome(alerts, replayed.dead_letters, replayed.states, replayed.results, suppressed, examples)
