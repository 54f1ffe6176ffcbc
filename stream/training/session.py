"""The trainer at work: each example through the learner, what comes of it to the topics, and the checkpoint."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import orjson

from models import checkpoint
from models.checkpoint import CheckpointRefused, Place
from models.features.sets import NAMES, VERSION
from models.learner import Learner, Notice, Refused
from models.snapshot import Snapshot, SnapshotRefused, encode
from stream.clock import wall_ms
from stream.codec import Rejected
from stream.config import Settings
from stream.domain.alerts import rfc3339
from stream.engine.log.deadletter import dead_letter
from stream.engine.log.port import Headers, Message
from stream.trainer_metrics import TrainerMetrics
from stream.training import keeping, shelf
from stream.training.examples import TOPIC
from stream.training.gauges import show
from stream.training.merge import Item
from stream.training.publisher import Publisher

log = logging.getLogger(__name__)

_SHARE = 20


class Session:
    """One trainer's learner, its place in `examples`, and its way out.

    Attributes:
        positions: the next offset by partition.
    """

    def __init__(
        self,
        settings: Settings,
        publisher: Publisher,
        metrics: TrainerMetrics,
        models: Mapping[bytes, bytes],
        said: Mapping[bytes, bytes],
    ) -> None:
        """`models`, `said`: the topics `models` and `settings` as they are read, up to date."""
        self._settings = settings
        self._trainer = settings.model.trainer
        self._publisher = publisher
        self._metrics = metrics
        self._models = models
        self._said = said
        self._fits: dict[int, asyncio.Future[Any]] = {}
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="fit")
        self._at = time.monotonic()
        self._took_s = 0.0
        self._saved: dict[int, int] = {}
        self.positions: dict[int, int] = {}
        self.quiet_until: dict[int, int] = {}
        self.learner: Learner = None  # type: ignore[assignment]  # `begin` makes it

    def begin(self, first: Mapping[int, int], ends: Mapping[int, int]) -> None:
        """Take up the checkpoint, or begin anew; `first`, `ends`: offsets that `examples` has by partition."""
        packed = keeping.read(self._trainer.state_dir)
        try:
            if packed is None:
                raise CheckpointRefused("there is none")
            self.learner, place = checkpoint.load(packed, self._trainer, NAMES, VERSION)
            if set(place.positions) != set(ends):
                raise CheckpointRefused(f"{TOPIC} has another number of partitions: it is another topic")
            if any(place.positions.get(number, 0) > end for number, end in ends.items()):
                raise CheckpointRefused(f"{TOPIC} ends before where it stands: the topic was made anew")
            self.positions = {number: max(place.positions.get(number, 0), first[number]) for number in ends}
            self.quiet_until = dict(place.quiet_until)
            log.info("going on after %d examples", self.learner.ledger.learned)
        except CheckpointRefused as why:
            highest = max(shelf.sequences(self._models).values(), default=0)
            self.learner = Learner(self._trainer, NAMES, VERSION, sequence=highest)
            self.positions = dict(first)
            # What a beginner knows must not take the place of what is in force.
            self.quiet_until = dict(ends) if highest else {}
            level = logging.INFO if packed is None else logging.WARNING  # at the very first start all is well
            log.log(level, "learning from the beginning of %s; of the checkpoint: %s", TOPIC, why)
        self._obey()

    async def take(self, item: Item) -> None:
        """Take one record: learn from it, or put it aside with the reason; publish and save when it is time.

        Raises:
            Superseded: another trainer has taken over.
        """
        await self._wait_for_fits()
        self._obey()
        due, started = False, time.perf_counter()
        try:
            if isinstance(item.example, Rejected):
                raise item.example
            due = self.learner.take(item.example)
            self._metrics.examples.labels("learned" if item.example.learn else "counted").inc()
        except Refused as why:
            await self._put_aside(item, Rejected(why.reason, "$", str(why)))
        except Rejected as why:
            await self._put_aside(item, why)
        self._metrics.learn_seconds.observe(time.perf_counter() - started)
        self.positions[item.partition] = item.record.offset + 1
        self._begin_fits()
        if self.learner.notices:
            await self._tell(self.learner.notices)
            self.learner.notices.clear()
        if due and not self.quiet_until:
            await self.publish()
        await self.now_and_then()

    async def now_and_then(self) -> None:
        """Save when it is time; with nothing new, only say that we are there: a newer trainer is noticed by that.

        Raises:
            Superseded: another trainer has taken over.
        """
        # A large learner takes a second to be written, in which nothing is learned: a twentieth of the time at most.
        if time.monotonic() - self._at < max(self._trainer.checkpoint_every_s, _SHARE * self._took_s):
            return
        if self.positions != self._saved:
            await self.save()
        else:
            await self._publisher.standing(self.positions)
            self._at = time.monotonic()

    async def passed(self, positions: Mapping[int, int]) -> None:
        """Learn that everything below these offsets was taken, markers too; speak up once all is caught up with."""
        for number, position in positions.items():
            self.positions[number] = max(self.positions[number], position)
        if self.quiet_until and all(self.positions[number] >= end for number, end in self.quiet_until.items()):
            self.quiet_until = {}
            await self.publish()

    async def publish(self, headers: Headers = ()) -> Snapshot | None:
        """Publish a snapshot now and take the oldest away; `None` while there is nothing to say.

        Raises:
            Superseded: another trainer has taken over.
        """
        started = time.perf_counter()
        known = shelf.sequences(self._models)
        snapshot = self.learner.publish()
        if snapshot is None:
            return None
        try:
            packed = encode(snapshot)
            there = self._models.get(snapshot.version.encode())
            if there is not None and there != packed:  # another trainer's, with another past
                self.learner.sequence = max(known.values())
                snapshot = self.learner.publish()
                assert snapshot is not None
                packed, there = encode(snapshot), None
        except SnapshotRefused as why:
            self._metrics.unpublished.labels(why.reason).inc()
            log.error("a snapshot could not be published: %s", why)
            return None
        messages = (
            [] if there == packed and not headers else [Message("models", snapshot.version.encode(), packed, headers)]
        )
        await self._publisher.send([*messages, *self._outworn(known, snapshot)])
        if self.learner.notices:
            await self._tell(self.learner.notices)
            self.learner.notices.clear()
        show(self._metrics, self.learner, snapshot, len(packed))
        self._metrics.publish_seconds.observe(time.perf_counter() - started)
        log.info(
            "snapshot %s published: %d examples, champion %s, %d bytes",
            snapshot.version,
            snapshot.span.examples,
            snapshot.champion,
            len(packed),
        )
        return snapshot

    async def save(self) -> None:
        """Write the checkpoint, and say where it stands.

        Raises:
            Superseded: another trainer has taken over.
        """
        started = time.perf_counter()
        packed = checkpoint.dump(self.learner, Place(dict(self.positions), dict(self.quiet_until)))
        positions = dict(self.positions)
        await asyncio.to_thread(keeping.write, self._trainer.state_dir, packed)
        await self._publisher.standing(positions)
        self._saved, self._at = positions, time.monotonic()
        self._took_s = time.perf_counter() - started
        self._metrics.checkpoint_bytes.set(len(packed))
        self._metrics.checkpoint_seconds.observe(time.perf_counter() - started)

    def close(self) -> None:
        """Let go of the thread; a fit under way is begun anew from the checkpoint."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _obey(self) -> None:
        self.learner.chosen = shelf.promoted(self._said)

    def _outworn(self, known: Mapping[bytes, int], snapshot: Snapshot) -> list[Message]:
        kept = {snapshot.version.encode(), (shelf.pinned(self._said) or "").encode()}
        newest = sorted({**known, snapshot.version.encode(): snapshot.sequence}.items(), key=lambda pair: -pair[1])
        return [Message("models", key, None) for key, _ in newest[self._trainer.keep_versions :] if key not in kept]

    def _begin_fits(self) -> None:
        for fit in self.learner.refits.pending:
            if not fit.result and id(fit) not in self._fits:
                self._fits[id(fit)] = asyncio.ensure_future(self._fit(fit))

    async def _fit(self, fit: Any) -> None:
        started = time.perf_counter()
        fitted = await asyncio.get_running_loop().run_in_executor(self._threads, fit.run)
        fit.result = [fitted]
        del self._fits[id(fit)]
        self._metrics.fit_seconds.labels(fit.name).observe(time.perf_counter() - started)

    async def _wait_for_fits(self) -> None:
        """The next example is learned from with the new fit: wait for it, if it is not there."""
        if blocked := self.learner.refits.blocked(self.learner.ledger.learned + 1):
            self._begin_fits()
            await asyncio.gather(*(self._fits[id(fit)] for fit in blocked))

    async def _put_aside(self, item: Item, why: Rejected) -> None:
        self._metrics.examples.labels("refused").inc()
        self._metrics.dead_letters.labels(TOPIC, why.reason).inc()
        place = (item.partition, item.record.offset)  # not its words, which may quote what was in it
        log.warning("an example is put aside (partition %d, offset %d): %s at %s", *place, why.reason, why.path)
        await self._publisher.send([dead_letter(TOPIC, item.partition, item.record, why)])

    async def _tell(self, notices: Sequence[Notice]) -> None:
        """Write what happened on `control`, where operators' commands are; a repeat has the same id."""
        for notice in notices:
            self._metrics.drift_alarms.labels(notice.kind).inc()
            level = logging.WARNING if notice.kind == "loss" else logging.INFO  # the world changes, or somebody leads
            log.log(level, "%s after %d examples: %s", notice.kind, notice.examples, notice.detail)
        await self._publisher.send(
            Message(
                "control",
                b"model_drift",
                orjson.dumps(
                    {
                        "event_id": f"model-{notice.kind}-{notice.time}-{notice.examples}",
                        "time": rfc3339(wall_ms()),
                        "command": "model_drift",
                        "actor": "trainer",
                        "arguments": msgspec.to_builtins(notice),
                    }
                ),
            )
            for notice in notices
        )
