"""The whole town as one stream of replay lines in the order of arrival, and its truth.

Every customer has random streams of their own: customer 7 lives the same life in a town of 10 as in one of 10,000,
and the first 90 days are the same in a run of 90 as of 365. Memory holds the living and one day of events.
"""

from __future__ import annotations

import heapq
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from stream.engine.log.jsonl import Line
from stream.simulate import lookalikes, population, precursors, routine, staff
from stream.simulate.bank import BankLife
from stream.simulate.clock import Clock
from stream.simulate.drift import Drift, Drifts
from stream.simulate.leavers import leaving
from stream.simulate.life import Life
from stream.simulate.params import BankSegment, Params
from stream.simulate.phone import PhoneLife
from stream.simulate.truth import Truth

_RESENT_MAX_MS = 6 * 3_600_000
_LATE_MIN_MS = 120_000


@dataclass(frozen=True, slots=True)
class Options:
    """What to simulate. `mess` is the share of events that come late or twice, half of each."""

    customers: int
    days: int
    seed: int = 1
    start: date = date(2025, 1, 1)
    mess: float = 0.005
    drifts: tuple[Drift, ...] = ()
    params: Params = field(default_factory=Params)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))


class Town:
    """One run. Take `lines()` once; `truths()` holds what has come about so far."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.clock = Clock(options.start, options.days, options.zone)
        self.drifts = Drifts(options.drifts, self.clock)
        self.lives = [self._born(number) for number in range(options.customers)]

    def lines(self) -> Iterator[Line]:
        """Yield the events by arrival; but for the late and the resent ones that is the order of event time."""
        waiting: list[tuple[int, int, Line]] = []
        order = 0
        delay = self.options.params.arrival_delay_ms
        for second, topic, key, value in self._happenings():
            arrival = second * 1000 + delay
            while waiting and waiting[0][0] <= arrival:
                yield heapq.heappop(waiting)[2]
            line = Line(topic, key, arrival, value)
            later, resent = self._mess(value["event_id"]) if topic != "staff" else (0, False)
            if later:
                order += 1
                heapq.heappush(waiting, (arrival + later, order, line._replace(timestamp=arrival + later)))
            if not later or resent:
                yield line
        while waiting:
            yield heapq.heappop(waiting)[2]

    def truths(self) -> list[Truth]:
        """Return every customer's truth as far as the lines were taken."""
        return [life.truth for life in self.lives]

    def _happenings(self) -> Iterator[tuple[int, str, str, dict[str, Any]]]:
        people = staff.events(self.options.customers, self.options.seed, self.clock)
        place = 0
        for day in range(self.options.days):
            ends = self.clock.begins(day + 1)
            today: list[tuple[int, str, str, dict[str, Any]]] = []
            while place < len(people) and people[place].second < ends:
                event = people[place]
                today.append((event.second, "staff", event.key, event.value))
                place += 1
            for life in self.lives:
                name = life.profile.customer_id
                today.extend((second, topic, name, value) for second, topic, value in life.live(day))
            today.sort(key=lambda entry: entry[0])  # stable: one customer's own order stays
            yield from today

    def _mess(self, event_id: str) -> tuple[int, bool]:
        """Draw from the id alone how many ms later an event comes (0: on time), and whether it comes twice."""
        draw = zlib.crc32(event_id.encode(), 1) / 2**32
        if draw >= self.options.mess:
            return 0, False
        part = zlib.crc32(event_id.encode(), 2) / 2**32
        if draw < self.options.mess / 2:
            return 1 + int(part * _RESENT_MAX_MS), True
        longest = self.options.params.late_max_h * 3_600_000
        return int(_LATE_MIN_MS * (longest / _LATE_MIN_MS) ** part), False

    def _born(self, number: int) -> Life:
        options = self.options
        profile = population.draw(number, options.seed, options.params)
        around = (self.clock, options.params, self.drifts, options.seed)
        segment = profile.segment
        life: Life = (
            BankLife(profile, segment, *around)
            if isinstance(segment, BankSegment)
            else PhoneLife(profile, segment, *around)
        )
        ending = leaving(profile, options.seed, options.params, self.drifts)
        # Those who leave soon after the end show their signs within the run.
        if ending.day < options.days + 120:
            precursors.plant(life, ending)
        quiet = min(options.days, ending.day - 45)
        lookalikes.plant(life, quiet, self.drifts)
        routine.plant(life, min(options.days, ending.day), self.drifts)
        return life
