"""Owns a worker's shards: opens each in its own task, holds them through a rebalance, ends what is lost."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from aiokafka import ConsumerRebalanceListener
from structlog.contextvars import bind_contextvars

from stream.clock import wall_ms
from stream.codec import Codec
from stream.config import Settings
from stream.domain.health import Health
from stream.domain.state import State
from stream.engine.assemble import Shards, codec
from stream.engine.kafka.intake import Intake
from stream.engine.kafka.log import KafkaShardLog
from stream.engine.liveness.pulse import Name, Pulse
from stream.engine.liveness.whereabouts import whereabouts
from stream.engine.log.port import Bulletin, Fenced, LogFailure
from stream.engine.shard.loop import Shard
from stream.engine.store.rocks import Store, StoreDamaged, discard
from stream.engine.store.slots import Slot
from stream.engine.store.store_memory import StoreMemory
from stream.engine.worker.first_start import opens_from, tombstones
from stream.metrics import Metrics
from stream.rules.base import Rule
from stream.topics import CHANGELOG, INPUTS

log = logging.getLogger(__name__)

_REOPEN_S = 1.0
_MOST_FENCINGS = 5
_FENCINGS_WITHIN_S = 300.0
_STARVING = "records on the broker are not delivered"
_STOP_S = 10.0  # for a batch under way, when the broker does not answer


class ShardLost(RuntimeError):
    """A shard cannot be kept running here; the process should end and let another take over."""


class Supervisor(ConsumerRebalanceListener):  # type: ignore[misc]
    """The shards of one worker."""

    def __init__(
        self,
        settings: Settings,
        slot: Slot,
        metrics: Metrics,
        *,
        staff: Bulletin,
        failed: Callable[[Exception], None],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`staff`: news of the staff, read once for all shards. `failed` is told of what the worker cannot survive,
        `changed` when the shards owned are others."""
        self._settings = settings
        self._slot = slot
        self._memory = StoreMemory(settings.engine.store_memory_mb)
        self._metrics = metrics
        self._staff = staff
        self._failed = failed
        self._changed = changed
        self._make = Shards(settings, metrics)
        self._codec: Codec = codec(settings)
        self.intake = Intake(settings, self)
        self.shards: dict[int, Shard] = {}
        self._logs: dict[int, KafkaShardLog] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._held: set[int] = set()
        self.pulses: dict[Name, Pulse] = {}
        self._fencings: deque[float] = deque()
        self.joined = False
        self._told = asyncio.Event()  # what is in force: no shard begins without it

    async def on_partitions_revoked(self, revoked: Collection[Any]) -> None:
        """Let every shard finish its batch and begin none: who keeps what is known only afterwards."""
        with self._reported():
            await self._hold_all()

    async def on_partitions_assigned(self, assigned: Collection[Any]) -> None:
        """End what is lost, go on with what is kept, open what is new: in tasks, for no heartbeat runs in here."""
        with self._reported():
            self.intake.park(assigned)
            owned = self._complete(assigned)
            kept, lost = set(self._tasks) & owned, set(self._tasks) - owned
            for number in kept & set(self._logs):
                if self._logs[number].started:
                    self._logs[number].refetch()
            await asyncio.gather(*(self._end(number, "revoked") for number in lost))
            for number in owned & set(self._tasks):
                self._release(number)
            for number in sorted(owned - set(self._tasks)):
                self.pulses[number] = Pulse("opening")
                self._tasks[number] = asyncio.create_task(self._own(number), name=f"shard-{number}")
            self.joined = True
            log.info("shards owned: %s", sorted(owned) or "none")
            self._count()
            self._changed()

    def _complete(self, assigned: Collection[Any]) -> set[int]:
        """Return the shards whose every topic is assigned: co-partitioning made sure that it is all or none."""
        topics: dict[int, int] = {}
        for partition in assigned:
            topics[partition.partition] = topics.get(partition.partition, 0) + 1
        return {number for number, count in topics.items() if count == len(INPUTS)}

    async def _hold_all(self) -> None:
        for number in list(self.shards):
            await self._hold(number, self._settings.engine.transaction_timeout_ms / 2000)

    async def _hold(self, number: int, limit_s: float) -> None:
        """Wait for the batch that is in its transaction; one that does not end is left to the fence."""
        shard = self.shards.get(number)
        if shard is None or number in self._held:
            return
        try:
            await asyncio.wait_for(shard.hold(), limit_s)
        except TimeoutError:  # the broker does not answer
            log.warning("shard %d: its batch did not end in %.0f s, given up", number, limit_s)
            await self._cancel(number)
            return
        if self.shards.get(number) is shard:  # it may have ended meanwhile, and another may run
            self._held.add(number)

    def _release(self, number: int) -> None:
        if number in self._held and number in self.shards:
            self.shards[number].release()
        self._held.discard(number)

    async def _own(self, number: int) -> None:
        """Open and run a shard until it is lost, reopening it after what may pass."""
        bind_contextvars(shard=number)  # on all that this task logs
        try:
            await self._keep_running(number)
        finally:
            if self._tasks.get(number) is asyncio.current_task():  # ended by itself: may be assigned again
                del self._tasks[number]
                self.pulses.pop(number, None)

    async def _keep_running(self, number: int) -> None:
        while True:
            try:
                await self._run(number)
            except Fenced:
                self._metrics.shard_ends.labels("fenced").inc()
                log.warning("shard %d: fenced by another owner", number)
                if not await self._still_ours(number):
                    return
            except LogFailure as fault:
                self._metrics.shard_ends.labels("failed").inc()
                log.warning("%s; the shard is opened anew from what the log says", fault)
                await asyncio.sleep(_REOPEN_S)
            except StoreDamaged as fault:
                self._metrics.shard_ends.labels("failed").inc()
                log.warning("shard %d: its store is damaged and made anew from the changelog: %s", number, fault)
                discard(self._slot.store(number))
                await asyncio.sleep(_REOPEN_S)
            except Exception as fault:
                self._metrics.shard_ends.labels("failed").inc()
                log.exception("shard %d failed", number)
                self._failed(fault)
                return

    async def _close(self, shard: Shard) -> None:
        """Close it. Damage that shows only now is no reason to end for, nor to go on instead of ending."""
        try:
            await shard.close()
        except StoreDamaged as fault:
            log.warning("shard %d: its store is damaged, and will be made anew: %s", shard.number, fault)
            discard(self._slot.store(shard.number))

    async def _still_ours(self, number: int) -> bool:
        """After a fence wait longer than a heartbeat takes: reopening at once would fence the rightful owner."""
        loop = asyncio.get_running_loop()
        self._fencings.append(loop.time())
        while self._fencings and self._fencings[0] < loop.time() - _FENCINGS_WITHIN_S:
            self._fencings.popleft()
        if len(self._fencings) > _MOST_FENCINGS:
            self._failed(ShardLost(f"fenced {len(self._fencings)} times: another worker uses this group's shards"))
            return False
        await asyncio.sleep(max(1.0, self._settings.engine.session_timeout_ms / 5000))
        return self.intake.assigned(self.intake.partition(INPUTS[0], number))

    async def _run(self, number: int) -> None:
        pulse = self.pulses[number]
        pulse.work = "opening"
        shard_log = KafkaShardLog(self._settings, number, self.intake)
        topics = self._settings.topics
        store = Store(self._slot.store(number), f"{topics.prefix}{CHANGELOG}/{topics.partitions}", self._memory)
        shard = self._make.make(
            shard_log,
            store,
            staff=self._staff,
            opens_from=self._opens_from,
            tombstones=partial(tombstones, self._settings, number),
            pulse=pulse,
        )
        self._logs[number] = shard_log
        self.intake.attach(number, shard_log)
        try:
            await self._told.wait()
            await shard.open()
            self.shards[number] = shard
            self._count()
            log.info("shard %d: running from %s", number, shard.positions)
            await shard.run()
        finally:
            self.intake.detach(number)
            self.shards.pop(number, None)
            self._logs.pop(number, None)
            self._held.discard(number)
            await self._close(shard)
            self._metrics.drop_shard(number)
            self._count()

    async def _opens_from(self) -> int:
        return await opens_from(self._settings, self._codec)

    async def _end(self, number: int, reason: str) -> None:
        """End a shard after the batch that is in its transaction."""
        await self._hold(number, min(_STOP_S, self._settings.engine.transaction_timeout_ms / 2000))
        await self._cancel(number)
        self._metrics.shard_ends.labels(reason).inc()

    async def _cancel(self, number: int) -> None:
        task = self._tasks.pop(number, None)
        self.pulses.pop(number, None)
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._held.discard(number)

    async def stop(self) -> None:
        """End every shard, each after its batch."""
        await asyncio.gather(*(self._end(number, "stopped") for number in list(self._tasks)))
        self._count()

    def apply(self, entries: Mapping[bytes, bytes]) -> None:
        """Put in force what the records of `settings` say; shards open once it was said for the first time."""
        now = self._make.apply(entries)
        for key, why in now.refused:
            log.warning("settings: %s is passed over: %s", key, why)
        if entries:
            log.info("settings in force: %s", ", ".join(sorted(key.decode("utf-8", "replace") for key in entries)))
        self._told.set()

    def follow(self, models: Mapping[bytes, bytes]) -> None:
        """Choose the snapshot in force among the records of `models`."""
        self._make.follow(models)

    def owned(self) -> list[int]:
        """Return the shards that the group gave us, running or not."""
        return sorted(self._tasks)

    def restoring(self) -> int:
        """Return how many owned shards are not running yet."""
        return len(self._tasks) - len(self.shards)

    def feel(self, limit_ms: int) -> None:
        """Note at each idle shard whether the broker, heard of within `limit_ms`, has records that do not come."""
        since = wall_ms() - limit_ms
        for number, shard_log in self._logs.items():
            pulse = self.pulses.get(number)
            if pulse is not None and pulse.work in ("", _STARVING):
                pulse.work = _STARVING if shard_log.starving(since) else ""

    def whereabouts(self, name: Name) -> list[str]:
        """Return where a shard's task waits, for the log."""
        return whereabouts(self._tasks.get(name)) if isinstance(name, int) else []

    def peek(self, shard: int, customer: str) -> State | None:
        """Return what a shard of ours last committed about a customer.

        Raises:
            KeyError: the shard is not running here.
        """
        return self.shards[shard].peek(customer)

    def health(self, shard: int, state: State) -> Health:
        """Return how the relation with a customer of a shard of ours stands now.

        Raises:
            KeyError: the shard is not running here.
        """
        return self._make.health(state, self.shards[shard].stream_time)

    def rules(self) -> tuple[tuple[Rule[Any], ...], tuple[str, ...]]:
        """Return the rules in force, and the names of those that are off."""
        return self._make.rules, self._make.off

    def _count(self) -> None:
        self._metrics.shards.labels("running").set(len(self.shards))
        self._metrics.shards.labels("restoring").set(self.restoring())

    @contextlib.contextmanager
    def _reported(self) -> Any:
        """aiokafka only logs what a listener raises; here it ends the worker."""
        try:
            yield
        except Exception as fault:
            log.exception("rebalance failed")
            self._failed(fault)
