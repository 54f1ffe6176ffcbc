"""The trainer beside a replay: between two slices it learns what became known, and the shards score by that."""

from __future__ import annotations

import time as clock
from bisect import bisect_right
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import msgspec

from models.example import Example
from models.features.sets import NAMES, VERSION
from models.learner import Learner
from models.snapshot.wire import encode
from stream.config import Settings
from stream.domain.alerts import rfc3339
from stream.engine.assemble import Shards
from stream.engine.log.memory import MemoryBroker
from stream.engine.shard.outgoing import EXAMPLES
from stream.evaluate.ledger import Ledger
from stream.evaluate.report import Drift

_decoder = msgspec.json.Decoder(Example)


class Training:
    """What a replay calls between its slices."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        """Begin with a learner that knows nothing; examples go to `ledger` as well."""
        self._learner = Learner(settings.model.trainer, NAMES, VERSION)
        self._ledger = ledger
        self._partitions = settings.topics.partitions
        self._read = [0] * self._partitions
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="fit")
        self._fits: dict[int, Future[Any]] = {}
        self._champions: list[tuple[int, str, str]] = []  # since when, event time; who; version
        self.learned = 0
        self.seconds = 0.0
        self.snapshots = 0
        self.snapshot_bytes = 0
        self.drifts: list[Drift] = []

    def __call__(self, shards: Shards, broker: MemoryBroker, until: int) -> None:
        """Learn what the shards have sent, and hand them the next snapshot when one is due."""
        started = clock.perf_counter()
        due = False
        for example in sorted(self._arrived(broker), key=lambda example: (example.known_at, example.event_id)):
            self._ledger.add(example)
            if not example.report:
                due = self._take(example) or due
                self.learned += 1
        self.drifts += [Drift(rfc3339(n.time), n.kind, str(n.detail)) for n in self._learner.notices]
        self._learner.notices.clear()
        if due:
            self._publish(shards, until)
        self.seconds += clock.perf_counter() - started

    def _take(self, example: Example) -> bool:
        """Learn from one example, as the trainer's service does: fits run beside the replay until they are heard."""
        refits = self._learner.refits
        for fit in refits.blocked(self._learner.ledger.learned + 1):
            fit.result = [self._fits.pop(id(fit)).result()]
        due = self._learner.take(example)
        for fit in refits.pending:
            if id(fit) not in self._fits:
                self._fits[id(fit)] = self._threads.submit(fit.run)
        return due

    def _arrived(self, broker: MemoryBroker) -> list[Example]:
        found = []
        for number, first in enumerate(self._read):
            records = broker.topics[EXAMPLES, number]
            found += [_decoder.decode(record.value or b"") for record in records[first:]]
            self._read[number] = len(records)
        return found

    def _publish(self, shards: Shards, until: int) -> None:
        snapshot = self._learner.publish()
        if snapshot is None:
            return
        shards.use(snapshot)
        self.snapshots += 1
        self.snapshot_bytes = len(encode(snapshot))
        self._champions.append((until, snapshot.champion, snapshot.version))

    def champion_at(self, time: int) -> tuple[str, str | None]:
        """Return who was champion at a moment, epoch ms, and by which snapshot."""
        place = bisect_right(self._champions, time, key=lambda entry: entry[0])
        if not place:
            return self._learner.champion, None
        _, name, version = self._champions[place - 1]
        return name, version
