"""Dead letters: read them, show them, and send what they hold back to where it came from, at most so often.

How a letter is redriven once only. The record and a *receipt* are written in one Kafka transaction: the record to its
source topic, the receipt to the letter's own partition of `dead-letters` (headers only: which letter, which attempt,
and where the record landed). So there is never a record without its receipt or the other way round, and a receipt
lives at least as long as its letter. All redrives of a group share one transactional id: starting one fences whoever
was at it, and only then are letters and receipts read, up to all that was written. A letter with a receipt is done
with. Should the record fail again, the new letter names the place where it landed; the receipt that names the same
place tells which attempt that was, without any help from the worker that wrote the letter.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from stream.config import Settings
from stream.engine.log.deadletter import TOPIC
from stream.ops.reading import Reader
from stream.topics import BY_NAME

RECEIPT = "dl_receipt"
"""Header that makes a record of `dead-letters` a receipt: the id of the letter that was sent again."""

_ID = re.compile(r"^(\d{1,9})/(\d{1,18})$")
_SPAN = re.compile(r"^(\d{1,9})([smhd])$")
_UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Place(NamedTuple):
    """Where a record stands."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


class LetterId(NamedTuple):
    """Where a letter stands in `dead-letters`."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.partition}/{self.offset}"


def letter_id(text: str) -> LetterId:
    """Read an id as `list` prints it.

    Raises:
        ValueError: it is none.
    """
    found = _ID.match(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no id of a dead letter: partition/offset, such as 3/17")
    return LetterId(int(found[1]), int(found[2]))


@dataclass(frozen=True)
class Letter:
    """A dead letter as it was read. `written` is epoch ms; `headers` are all it has, in order."""

    id: LetterId
    written: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    def header(self, name: str) -> str:
        """Return a header as text, empty when it is missing; bytes that are no UTF-8 are escaped."""
        return self._by_name.get(name, b"").decode("utf-8", "backslashreplace")

    @cached_property
    def _by_name(self) -> Mapping[str, bytes]:
        return dict(reversed(self.headers))  # of two with one name the first counts

    @property
    def reason(self) -> str:
        """Why the record was refused, in one word."""
        return self.header("dl_reason") or "unknown"

    @property
    def topic(self) -> str:
        """The topic the record came from, or `timers`."""
        return self.header("dl_topic")

    @property
    def source(self) -> Place | None:
        """Where the record stood; `None` when the headers do not say."""
        try:
            return Place(self.topic, int(self.header("dl_partition")), int(self.header("dl_offset")))
        except ValueError:
            return None

    @property
    def receipt_of(self) -> LetterId | None:
        """The letter this is a receipt of; `None` for a letter."""
        try:
            return letter_id(self.header(RECEIPT)) if RECEIPT in self._by_name else None
        except ValueError:
            return None

    @property
    def is_letter(self) -> bool:
        """Whether it is a letter and no receipt."""
        return RECEIPT not in self._by_name

    @property
    def attempt(self) -> int:
        """Of a receipt: which attempt it was, from 1."""
        text = self.header("dl_attempt")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def letter(record: Any) -> Letter:
    """Return what a consumer's record holds."""
    headers = tuple((name, value or b"") for name, value in record.headers)
    return Letter(LetterId(record.partition, record.offset), record.timestamp, record.key, record.value, headers)


@dataclass
class Receipts:
    """What was sent again: by letter, and by where the record landed."""

    redriven: dict[LetterId, int] = field(default_factory=dict)  # letter -> when, epoch ms
    landed: dict[Place, int] = field(default_factory=dict)  # place -> attempt

    def take(self, receipt: Letter) -> None:
        """Note one receipt."""
        of, place = receipt.receipt_of, receipt.source
        if of is not None:
            self.redriven[of] = receipt.written
            if place is not None:
                self.landed[place] = receipt.attempt

    def attempts(self, of: Letter) -> int:
        """Return how often the letter's record had been redriven before it failed once more."""
        place = of.source
        return 0 if place is None else self.landed.get(place, 0)

    def obstacle(self, of: Letter, most: int) -> str:
        """Return why a letter cannot be redriven, in words, or an empty string when it can."""
        if of.id in self.redriven:
            return "was redriven already"
        if of.topic == "timers":
            return "timers are no record: there is nothing to send again"
        if of.topic not in BY_NAME or of.source is None:
            return "its headers name no topic of ours, partition and offset"
        if of.value is None:
            return "a tombstone is not sent again: send a new one if the customer is to be forgotten"
        if self.attempts(of) >= most:
            return f"failed again after {self.attempts(of)} attempts, and {most} is the most"
        return ""


@dataclass(frozen=True)
class Filter:
    """Which letters are meant; what is empty does not restrict."""

    reasons: frozenset[str] = frozenset()
    topic: str = ""
    ids: frozenset[LetterId] = frozenset()

    def takes(self, of: Letter) -> bool:
        """Tell whether a letter is meant."""
        return (
            (not self.reasons or of.reason in self.reasons)
            and (not self.topic or of.topic == self.topic)
            and (not self.ids or of.id in self.ids)
        )


@dataclass
class Listing:
    """The newest letters that match, how many matched by reason, and every receipt."""

    letters: deque[Letter]
    reasons: Counter[str] = field(default_factory=Counter)
    receipts: Receipts = field(default_factory=Receipts)


async def listing(settings: Settings, which: Filter, *, since: int | None = None, limit: int = 50) -> Listing:
    """Read the letters written since `since` (epoch ms; `None` = all) and return the newest `limit` that match.

    Raises:
        ReadError: broker or topic cannot be read.
    """
    found = Listing(deque())
    async with Reader(settings, TOPIC) as reader:
        if since is None:
            await reader.from_beginning()
        else:
            await reader.from_time(since)
        async for one in everything(reader):
            if not one.is_letter:
                found.receipts.take(one)
            elif which.takes(one):
                found.reasons[one.reason] += 1
                _keep_newest(found.letters, one, limit)
    found.letters = deque(sorted(found.letters, key=lambda one: (one.written, one.id)))
    return found


def _keep_newest(letters: deque[Letter], one: Letter, limit: int) -> None:
    """Partitions are read one after the other, so the oldest is not always the first."""
    letters.append(one)
    if len(letters) >= 2 * limit + 100:
        newest = sorted(letters, key=lambda kept: (kept.written, kept.id))[-limit:] if limit else []
        letters.clear()
        letters.extend(newest)


async def everything(reader: Reader, *, settled: bool = False) -> AsyncIterator[Letter]:
    """Yield letters and receipts from where the reader stands to the end."""
    async for records in reader.to_end(settled=settled):
        for record in records:
            yield letter(record)


async def find(settings: Settings, wanted: LetterId) -> Letter | None:
    """Return one letter, or a receipt; `None` when it is not there (any more).

    Raises:
        ReadError: broker or topic cannot be read.
    """
    async with Reader(settings, TOPIC) as reader:
        record = await reader.one(*wanted)
    return None if record is None else letter(record)


def since_ms(text: str, now: int) -> int:
    """Read `--since`: RFC 3339, or how long ago (90s, 15m, 6h, 2d); `now` and the result are epoch ms.

    Raises:
        ValueError: it is neither.
    """
    if span := _SPAN.match(text.strip()):
        return max(0, now - int(span[1]) * _UNIT_MS[span[2]])
    try:
        moment = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is neither a time (2025-01-31T08:00:00+08:00) nor a span (90s, 15m, 6h)") from None
    return round(moment.astimezone().timestamp() * 1000)
