"""The same shards over the memory log: history in, alerts out, no broker. Also the oracle of the chaos tests.

Shards run one after another to their end. Where customers belong to groups, and shards therefore have something to
tell each other, or where something is to happen meanwhile, all go on together in slices of event time: within a shard
the order is the same.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from models.snapshot import Snapshot
from stream.codec import Rejected
from stream.config import Settings
from stream.engine.assemble import Shards
from stream.engine.log.deadletter import TOPIC as DEAD_LETTERS
from stream.engine.log.deadletter import dead_letter
from stream.engine.log.jsonl import Fault, Record
from stream.engine.log.memory import MemoryBroker, MemoryBulletin, MemoryRecord, MemoryShardLog
from stream.engine.log.partition import partition_for
from stream.engine.shard.loop import Shard
from stream.engine.shard.outgoing import EXAMPLES
from stream.engine.store.rocks import Store
from stream.metrics import Metrics
from stream.topics import BY_NAME, FEEDS, HOPS, INPUTS, STAFF

Progress = Callable[[int], None]
Between = Callable[[Shards, MemoryBroker, int], None]
"""What happens between slices of event time, up to epoch ms: it sees what was sent and may change what is used."""

_EVER = float("inf")
SLICE_MS = 86_400_000
_GROUPS = (b'"household_id"', b'"payroll_group_id"', b'"circle_ids"')


@dataclass
class Replayed:
    """What a replay leaves: `alerts`, `dead_letters` and `examples` in order of shard and offset, and counts.

    `sent` = records read, `handled` + `duplicates` + `dead` = `sent` when nothing was lost; what shards told each
    other is not counted.
    """

    alerts: list[MemoryRecord] = field(default_factory=list)
    dead_letters: list[MemoryRecord] = field(default_factory=list)
    examples: list[MemoryRecord] = field(default_factory=list)
    states: dict[bytes, bytes] = field(default_factory=dict)
    groups: dict[bytes, bytes] = field(default_factory=dict)
    results: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    skipped: int = 0


class Replay:
    """Loads records into a memory log, then runs every shard to its end."""

    def __init__(self, settings: Settings, between: Between | None = None, *, snapshot: Snapshot | None = None) -> None:
        """Prepare an empty log with the configured number of partitions. `between` is called after every slice;
        `snapshot` scores from the beginning on."""
        self._settings = settings
        self._between = between
        self._shards = Shards(_patient(settings), Metrics())
        self._shards.use(snapshot)
        self._broker = MemoryBroker()
        self._partitions = settings.topics.partitions
        self._shard_of = lru_cache(maxsize=1_000_000)(lambda key: partition_for(key, self._partitions))
        self._replayed = Replayed()
        self._groups = False

    @property
    def metrics(self) -> Metrics:
        """What the shards have counted."""
        return self._shards.metrics

    def load(self, lines: Iterable[Record | Fault]) -> None:
        """Append the lines to the log; one that is none, or names no topic of ours, is a dead letter."""
        for line in lines:
            self._replayed.sent += 1
            if isinstance(line, Fault):
                self._refuse("", b"", None, 0, line.line, Rejected("not-a-line", "$", line.reason))
            elif line.topic not in BY_NAME:
                why = Rejected("unknown-topic", "$", f"no topic {line.topic}")
                self._refuse(line.topic, line.key, line.value, line.timestamp, line.line, why)
            elif line.topic == STAFF:
                self._broker.append(STAFF, 0, line.key, line.value, line.timestamp)
            elif line.topic not in FEEDS:
                self._replayed.skipped += 1
            else:
                if line.topic == "customers" and line.value and any(name in line.value for name in _GROUPS):
                    self._groups = True
                shard = self._shard_of(line.key or b"")
                self._broker.append(line.topic, shard, line.key, line.value, line.timestamp)

    def _refuse(
        self, topic: str, key: bytes | None, value: bytes | None, timestamp: int, line: int, why: Rejected
    ) -> None:
        letter = dead_letter(topic, 0, MemoryRecord(line, timestamp, key, value), why)
        self._broker.append(DEAD_LETTERS, 0, letter.key, letter.value, timestamp, letter.headers)
        self._replayed.results["dead-letter"] += 1

    @property
    def loaded(self) -> int:
        """Records read so far."""
        return self._replayed.sent

    def run(self, progress: Progress = lambda done: None) -> Replayed:
        """Run every shard to its end and bring all to the newest event time of all. `progress` gets records done."""
        with tempfile.TemporaryDirectory(prefix="churnwatch-replay-") as folder:
            return asyncio.run(self._run(Path(folder), progress))

    async def _run(self, folder: Path, progress: Progress) -> Replayed:
        shards = await self._open(folder)
        try:
            await self._process(shards, progress)
            newest = max((shard.stream_time for shard in shards), default=0)
            for shard in shards:
                await shard.advance(newest)
            self._meanwhile(newest)
            self._collect(shards)
        finally:
            for shard in shards:
                await shard.close()
        return self._replayed

    async def _process(self, shards: list[Shard], progress: Progress) -> None:
        """Take every record there is, and every one that comes of it."""
        done = 0
        earliest = until = _EVER
        while True:
            if self._groups or self._between is not None:
                earliest = min([await _next_time(shard) for shard in shards])
                until = _EVER if earliest == _EVER else (earliest // SLICE_MS + 1) * SLICE_MS - 1
            before = -1
            while before != done:  # what a shard sent to an earlier one is taken in another round
                before = done
                for shard in shards:
                    while await shard.fetch(0) + (taken := await shard.process(until)):
                        done += taken
                        progress(done)
            if until == _EVER:
                return
            if self._between is not None:
                for shard in shards:
                    await shard.advance(int(until))
                self._meanwhile(int(until))

    def _meanwhile(self, until: int) -> None:
        if self._between is not None:
            self._between(self._shards, self._broker, until)

    async def _open(self, folder: Path) -> list[Shard]:
        shards = []
        for number in range(self._partitions):
            log = MemoryShardLog(self._broker, number, INPUTS)
            staff = MemoryBulletin(self._broker, STAFF)
            shard = self._shards.make(log, Store(folder / str(number)), staff=staff)
            await shard.open()
            shards.append(shard)
        return shards

    def _collect(self, shards: list[Shard]) -> None:
        replayed = self._replayed
        for number in range(self._partitions):
            replayed.alerts += self._broker.topics["alerts", number]
            replayed.dead_letters += self._broker.topics[DEAD_LETTERS, number]
            replayed.examples += self._broker.topics[EXAMPLES, number]
        for shard in shards:
            replayed.states.update(shard.states())
            replayed.groups.update(shard.groups())
        for metric in self.metrics.events.collect():
            for sample in metric.samples:
                if sample.name.endswith("_total") and sample.labels["topic"] not in HOPS:
                    replayed.results[sample.labels["result"]] += int(sample.value)


async def _next_time(shard: Shard) -> float:
    await shard.fetch(0)
    return shard.next_time()


def _patient(settings: Settings) -> Settings:
    """What is in the memory log need not be waited for, only fetched: the wall clock has no say in the order.

    Nothing leaves the house, so that customers keep their ids.
    """
    engine = settings.engine.model_copy(update={"merge_wait_max_ms": 1 << 62})
    privacy = settings.privacy.model_copy(update={"pseudonymise": frozenset()})
    return settings.model_copy(update={"engine": engine, "privacy": privacy})
