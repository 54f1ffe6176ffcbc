"""What the events themselves tell of the customers: who there is, since when, whose they are, when they were active."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from stream.backtest.episodes import epoch_ms
from stream.engine.log.jsonl import Fault, Record

NOBODY = ""
"""The book of customers without an RM."""

_GROUPS = ("staff",)
"""Input topics whose key is no customer."""


class History:
    """Filled while lines pass through `tap`. Times are epoch ms of the events, not of their arrival."""

    def __init__(self, passive: frozenset[str], *, activity: bool = False) -> None:
        """`passive`: categories that are no act of the customer's own; `activity`: keep the acts' times."""
        self._passive = passive
        self._activity = activity
        self.records = 0
        self.seen: dict[str, int] = {}
        self.rm: dict[str, str] = {}
        self.acts: dict[str, list[int]] = {}
        self.feedback: list[dict[str, Any]] = []
        self.first: int | None = None
        self.last: int | None = None

    def tap(self, lines: Iterable[Record | Fault]) -> Iterator[Record | Fault]:
        """Give the lines on and take note of them; what cannot be read is the engine's to refuse."""
        for line in lines:
            self.records += 1
            if isinstance(line, Record) and line.key and line.value and line.topic not in _GROUPS:
                try:
                    value = orjson.loads(line.value)
                    time = epoch_ms(value["time"])
                except (ValueError, KeyError, TypeError):
                    pass  # a dead letter
                else:
                    if time <= line.timestamp + 86_400_000:  # one from 2099 is a dead letter too
                        self._note(line.topic, line.key.decode("utf-8", "replace"), time, value)
            yield line

    def _note(self, topic: str, customer: str, time: int, value: dict[str, Any]) -> None:
        known = self.seen.get(customer)
        if known is None or time < known:
            self.seen[customer] = time
        self.first = time if self.first is None else min(self.first, time)
        self.last = time if self.last is None else max(self.last, time)
        if topic == "customers":
            self.rm[customer] = value.get("rm_id") or NOBODY
        elif topic == "feedback":
            self.feedback.append(value)
        elif self._activity and topic == "transactions" and self._own(value):
            insort(self.acts.setdefault(customer, []), time)

    def _own(self, value: dict[str, Any]) -> bool:
        return value.get("direction") == "out" and value.get("category") not in self._passive

    def acted(self, customer: str, begin: int, end: int) -> bool:
        """Tell whether the customer paid, bought or called of their own accord in [begin, end)."""
        times = self.acts.get(customer, [])
        place = bisect_left(times, begin)
        return place < len(times) and times[place] < end

    def books(self) -> dict[str, int]:
        """Return how many customers each RM has, by what the profiles said last; without an RM: `NOBODY`."""
        sizes: dict[str, int] = {}
        for customer in self.seen:
            rm = self.rm.get(customer, NOBODY)
            sizes[rm] = sizes.get(rm, 0) + 1
        return sizes
