"""The port through which a shard knows a log. Two adapters, `kafka.log` and `log.memory`; one suite tests both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Headers = Sequence[tuple[str, bytes]]


class Record(Protocol):
    """A record read from a log. aiokafka's `ConsumerRecord` is one."""

    @property
    def offset(self) -> int:
        """Offset in its partition."""
        ...

    @property
    def timestamp(self) -> int:
        """The broker's or the producer's time, epoch ms."""
        ...

    @property
    def key(self) -> bytes | None:
        """The key as received."""
        ...

    @property
    def value(self) -> bytes | None:
        """The value as received."""
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """A record to be written. `timestamp` in ms; None = now. `partition`: of `topic`; None = the shard's own."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    timestamp: int | None = None
    partition: int | None = None


@dataclass(slots=True)
class Output:
    """All that one batch leaves behind; it becomes visible whole or not at all.

    `positions`: next offset by topic. `changelog`: key -> value, one each, `None` forgets.
    """

    positions: dict[str, int] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    changelog: dict[bytes, bytes | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opening:
    """Where a shard stands after fencing: its group's committed offsets and the changelog's bounds.

    `begun`: the group has taken something, going by its offsets.
    """

    committed: Mapping[str, int]
    changelog_start: int
    changelog_end: int
    begun: bool = False


class Fenced(Exception):
    """Another worker owns the shard now: what was not committed is void, and nothing may be written any more."""


class LogFailure(Exception):
    """The outcome of a transaction is unknown: the shard must be opened anew from what the log says."""


class Bulletin(Protocol):
    """A broadcast topic of one partition, as far as this process has read it: it is never waited for."""

    def since(self, offset: int) -> Sequence[Record]:
        """Return the records at `offset` and after, in order; what was superseded meanwhile may be missing."""
        ...

    async def reaches(self, offset: int) -> None:
        """Wait until everything below `offset` has been read."""
        ...


Chunk = list[tuple[bytes, bytes | None]]


class ShardLog(Protocol):
    """One shard's access to the log: partition `shard` of every input topic, and its transactions."""

    shard: int

    async def open(self) -> Opening:
        """Fence the shard's former owner, then read where it stood; the order matters.

        Raises:
            Fenced: a newer owner fenced us while we were opening.
        """
        ...

    def restore(self, start: int, end: int) -> AsyncIterator[tuple[Chunk, int]]:
        """Read committed changelog records from `start` until the position reaches `end`: chunk, next offset."""
        ...

    def start(self, positions: Mapping[str, int]) -> None:
        """Begin to fetch, each input topic from its position."""
        ...

    async def fetch(self, full: Collection[str], wait_s: float) -> Mapping[str, Sequence[Record]]:
        """Return what has arrived by topic, waiting up to `wait_s` seconds; `full` topics are left where they are."""
        ...

    def settled(self, topic: str) -> float:
        """Return the wall-clock ms up to which the topic is known to hold nothing unread; -inf if it does hold some."""
        ...

    def lag(self, topic: str, position: int) -> int:
        """Return how many records lie between `position` and the end of the topic, as far as known."""
        ...

    async def commit(self, output: Output) -> int:
        """Write a batch in one transaction and return the changelog offset after it.

        Raises:
            Fenced: another owner took over; nothing of the batch is visible.
            LogFailure: nothing more is known; abandon the shard.
        """
        ...

    async def close(self) -> None:
        """Stop fetching and let go of the producer; a transaction under way is left to be aborted."""
        ...
