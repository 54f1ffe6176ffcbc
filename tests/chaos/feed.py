"""What a schedule feeds: real and simulated histories and people with a hot customer among them, disturbed.

Disturbed means: one record in twenty is garbage, some come twice, some come late and out of order. A late one follows
the newest record of all, one of its own topic and customer: else what is taken before it would depend on the moment.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
from support.units import DAY, HOUR, T0

from chaos.traffic import GARBAGE, traffic
from stream.convert import berka, online_retail
from stream.convert.base import Stats, in_order
from stream.engine.log.jsonl import Line, Record
from stream.simulate.town import Options, Town
from stream.topics import FEEDS

SHARE_OF_GARBAGE, SHARE_TWICE, SHARE_LATE, SHARE_OF_HOT = 0.05, 0.02, 0.02, 0.5
_GROUPS = ("household_id", "payroll_group_id", "circle_ids")
_ZONE = ZoneInfo("Asia/Shanghai")
_DATA = Path(__file__).parents[2].parent / "shared" / "data"
_MOVES = ("transactions", "balances", "service-events")


def sources() -> tuple[str, ...]:
    """Return the histories there are here: the real ones only where their files are."""
    return ("town", "berka", "retail") if _DATA.is_dir() else ("town",)


def feed(source: str, seed: int, events: int) -> list[Record]:
    """Return about `events` lines: a quarter from a history, the rest from people of whom one has half of it."""
    rng = random.Random(f"feed-{seed}")
    histories = {"town": _town, "berka": _berka, "retail": _retail}
    past = _before([line for line in islice(histories[source](seed), events // 4) if _fed(line)])
    people = traffic(events - len(past), 120, seed, SHARE_OF_HOT)
    return [line._replace(line=number) for number, line in enumerate(_disturbed([*past, *people], rng), 1)]


def garbage(lines: Iterable[Record]) -> int:
    """Return how many of the lines cannot be read."""
    return sum(line.value in GARBAGE for line in lines)


def _town(seed: int) -> Iterator[Line]:
    return Town(Options(60, 60, seed, date(2024, 6, 1), mess=0)).lines()


def _berka(seed: int) -> Iterator[Line]:
    """Yield the bank's history from a day of the seed's."""
    file = _DATA / "berka" / "trans_199504_199812_354_accounts.csv.gz"
    return _from_somewhere(berka.lines([file], Stats(), zone=_ZONE), seed)


def _retail(seed: int) -> Iterator[Line]:
    """Yield the shop's history, likewise."""
    file = _DATA / "online-retail-ii" / "baskets.csv.gz"
    return _from_somewhere(online_retail.lines([file], Stats(), zone=_ZONE), seed)


def _from_somewhere(lines: Iterator[Line], seed: int) -> Iterator[Line]:
    return islice(in_order(lines, Stats()), random.Random(seed).randrange(20_000), None)


def _fed(line: Line) -> bool:
    return line.topic in FEEDS and line.value is not None and line.key is not None


def _before(lines: list[Line]) -> list[Record]:
    """Move a history in time, so that it ends a day before the people's begins."""
    shift = T0 - DAY - lines[-1].timestamp
    return [_record(line, line.timestamp + shift) for line in lines]


def _record(line: Line, time: int) -> Record:
    """Leave out of which groups a customer is: what these are told, and when, is a test of its own."""
    value = {name: field for name, field in (line.value or {}).items() if name not in _GROUPS}
    return Record(0, line.topic, (line.key or "").encode(), time, orjson.dumps(value | {"time": time}))


def _disturbed(lines: list[Record], rng: random.Random) -> Iterator[Record]:
    for line in lines:
        yield line
        draw = rng.random()
        if draw < SHARE_TWICE:
            yield line
        elif draw < SHARE_TWICE + SHARE_LATE and line.topic in _MOVES and line.value not in GARBAGE:
            yield from _late(line, rng)
        if rng.random() < SHARE_OF_GARBAGE:
            yield line._replace(topic=rng.choice(_MOVES), value=rng.choice(GARBAGE))


def _late(line: Record, rng: random.Random) -> Iterator[Record]:
    value = orjson.loads(line.value or b"")
    if value.get("time") == line.timestamp:  # not of one that is itself late: it was sent before
        late = {"event_id": f"late-{value['event_id']}", "time": value["time"] - rng.randrange(HOUR, 3 * DAY)}
        yield line._replace(value=orjson.dumps(value | late))
