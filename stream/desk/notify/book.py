"""What a destination's queue asks of the store: what is due, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from stream.desk.notify.channel import Answer, Channel, Parcel


@dataclass(frozen=True, slots=True)
class Item:
    """Something due. `key`: of its row; `attempts`: made before this one."""

    key: str
    parcel: Parcel
    attempts: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one."""

    item: Item
    answer: Answer
    at: int  # epoch ms
    took_ms: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Items that nobody else takes for a while, and by what they go."""

    channel: Channel
    items: Sequence[Item]


class Book(Protocol):
    """The queue of one destination, in the store."""

    async def claim(self, limit: int, now: int) -> Claim | None:
        """Take some that are due; None when there are none.

        What was claimed and never recorded (the process died) is due again after a while: at least once.
        """
        ...

    async def record(self, attempts: Sequence[Attempt], now: int) -> None:
        """Write what came of them."""
        ...
