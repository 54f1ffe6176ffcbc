"""A shard over the memory log that can be crashed and opened again, with or without its store."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson

from stream.config import Settings
from stream.domain.step import Step
from stream.engine.assemble import codec, step
from stream.engine.log.jsonl import Record
from stream.engine.log.memory import MemoryBroker, MemoryBulletin, MemoryShardLog
from stream.engine.shard.loop import FirstStart, Shard, ShardOptions, Tombstones
from stream.engine.store.rocks import Store
from stream.engine.store.state_memory import StateMemory
from stream.metrics import Metrics
from stream.topics import INPUTS, STAFF
from support.timeline import records
from support.timeline import settings as default_settings


class Clock:
    """A wall clock moved by hand, epoch ms."""

    def __init__(self, now: int = 1_760_000_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class Harness:
    """One shard, its broker and its clock. `open` again after `crash`."""

    def __init__(
        self,
        folder: Path,
        *,
        settings: Settings | None = None,
        core: Step | None = None,
        steps: Callable[[], Step] | None = None,
        opens_from: FirstStart | None = None,
        tombstones: Tombstones | None = None,
        fetch_records: int = 4000,
        log: type[MemoryShardLog] = MemoryShardLog,
        cache: int = 256 << 20,
        **options: Any,
    ) -> None:
        self.settings = settings or default_settings()
        self.broker = MemoryBroker()
        self.metrics = Metrics()
        self.wall = Clock()
        self.options = ShardOptions(INPUTS, **options)
        self._folder = folder
        self._codec = codec(self.settings)
        fixed = core or step(self.settings, self.metrics)
        self._steps = steps or (lambda: fixed)
        self._opens_from = opens_from
        self._tombstones = tombstones
        self._fetch_records = fetch_records
        self._log = log
        self._memory = StateMemory(cache)
        self.shard: Shard = None  # type: ignore[assignment]
        self.store: Store = None  # type: ignore[assignment]
        self.log: MemoryShardLog = None  # type: ignore[assignment]

    def feed(self, records: Iterable[Record]) -> None:
        """Append records to the shard's input topics."""
        for record in records:
            self.broker.append(record.topic, 0, record.key, record.value, record.timestamp)

    async def open(self, folder: Path | None = None) -> Shard:
        """Open a new shard object over the same log; in another folder it is another worker's."""
        self.log = self._log(self.broker, 0, INPUTS, fetch_records=self._fetch_records)
        self.store = Store((folder or self._folder) / "shard-0")
        self.shard = Shard(
            self.log,
            self.store,
            self._codec,
            self._steps,
            self.metrics,
            self.options,
            staff=MemoryBulletin(self.broker, STAFF),
            opens_from=self._opens_from,
            tombstones=self._tombstones,
            wall=self.wall,
            memory=self._memory,
        )
        await self.shard.open()
        return self.shard

    async def crash(self, *, lose_store: bool = False) -> None:
        """Drop the shard as it is; perhaps its store's folder is gone too."""
        await self.shard.close()
        if lose_store:
            shutil.rmtree(self._folder / "shard-0")

    async def drain(self, batches: int = 10**9) -> int:
        """Process until there is nothing more, or so many batches, and return how many there were."""
        done = 0
        while done < batches and await self.shard.fetch(0) + (taken := await self.shard.process()):
            done += bool(taken)
        return done

    async def handle(self, *parts: Any) -> int:
        """Feed these lines, process all there is, and return how many batches it was."""
        self.feed(records(*parts))
        return await self.drain()

    def written(self, topic: str) -> list[Any]:
        """Return the records of one of the shard's output topics."""
        return self.broker.topics[topic, 0]

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alert bodies without the wall clock."""
        return [without_clock(record.value) for record in self.written("alerts")]

    def states(self) -> dict[bytes, bytes]:
        """Return every customer's stored state."""
        return dict(self.shard.states())

    def counted(self, name: str, **labels: str) -> float:
        """Return the value of a metric, summed over the labels not given."""
        return sum(
            sample.value
            for family in self.metrics.registry.collect()
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )


def without_clock(body: bytes) -> dict[str, Any]:
    """Return an alert's body without its detection time."""
    alert: dict[str, Any] = orjson.loads(body)
    del alert["detected_at"]
    return alert


def changelog_states(records: Sequence[Any]) -> dict[bytes, bytes]:
    """Return the states that a changelog amounts to."""
    states: dict[bytes, bytes] = {}
    for record in records:
        if record.key.startswith(b"c/"):
            states.pop(record.key[2:], None)
            if record.value is not None:
                states[record.key[2:]] = record.value
    return states
