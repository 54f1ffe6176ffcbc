"""One shard: fetch, merge, step, one transaction, then the local store. The order is the guarantee."""

from __future__ import annotations

import asyncio
import time as clock
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec import json
from msgspec.structs import replace

from stream.clock import wall_ms
from stream.codec import Codec, Rejected
from stream.domain.state import State
from stream.domain.step import Step
from stream.domain.world import World
from stream.engine.feeds.staff import StaffFeed, suspects
from stream.engine.liveness.pulse import Pulse
from stream.engine.log.merge import AHEAD, INSTANTLY, Item, Merge
from stream.engine.log.port import Bulletin, Record, ShardLog
from stream.engine.shard.batch import Batch
from stream.engine.shard.outgoing import PLAIN, Outgoing
from stream.engine.shard.tally import Arrivals, count_batch, tell_batch
from stream.engine.shard.turns import Turns
from stream.engine.store import inherited, meta
from stream.engine.store.clearing import clear
from stream.engine.store.forgotten import Forgotten
from stream.engine.store.restoring import Restoring
from stream.engine.store.rocks import FORGOTTEN, GROUP, Store
from stream.engine.store.state_memory import StateMemory
from stream.engine.store.states import CUSTOMERS, GROUPS, WAITING, States
from stream.engine.store.timers import DueIndex
from stream.metrics import Metrics
from stream.topics import STAFF

POLL_S = 0.05
_WAITING_S = 0.005
"""How soon to look again whether what is held back may go: that a topic has nothing to tell arrives without a sound."""

_GROUPS_SHARE = 20  # of the memory for customers, one part more for groups: they are rarely asked for
_PIECE = 200
"""Records that a batch grows by, as long as they are there. After each a neighbour gets its turn, as a whole batch
would keep every other shard's transaction waiting, and it is seen whether the batch has enough."""

_EMPTY_WORLD = json.encode(World().dump(), order="deterministic")

FirstStart = Callable[[], Awaitable[int]]
"""Returns the event time, epoch ms, from which warnings may open (backfill)."""

Tombstones = Callable[[], Awaitable[Mapping[bytes, int]]]
"""Returns who was forgotten before the group first started: customer -> when the tombstone arrived, epoch ms."""


@dataclass(frozen=True)
class ShardOptions:
    """What a shard is told. Times in ms; `partitions`: of each input topic."""

    topics: tuple[str, ...]
    partitions: int = 1
    group: str = ""
    batch_events: int = 16_000
    merge_wait_ms: float = 100
    merge_wait_max_ms: float = 5000
    idle_grace_ms: int = 60_000
    store_max_age_ms: int = 86_400_000
    remember_forgotten_ms: int = 120 * 86_400_000
    outgoing: Outgoing = PLAIN


class Shard:
    """Partition `log.shard` of every input topic, with its state, timers, changelog and transactions."""

    def __init__(
        self,
        log: ShardLog,
        store: Store,
        codec: Codec,
        steps: Callable[[], Step],
        metrics: Metrics,
        options: ShardOptions,
        *,
        staff: Bulletin | None = None,
        opens_from: FirstStart | None = None,
        tombstones: Tombstones | None = None,
        wall: Callable[[], int] = wall_ms,
        pulse: Pulse | None = None,
        turns: Turns | None = None,
        memory: StateMemory | None = None,
    ) -> None:
        """`steps` is asked for the core at each batch. `staff`: news of the staff, as this process has read it.

        At the very first start `opens_from` is asked: earlier events open nothing; and `tombstones`: what is older
        about those customers is dropped. `wall`: the wall clock, ms. `pulse`: for whoever watches whether it gets on.
        `turns`, `memory`: shared with the other shards of the worker; without `memory` no state outlasts its batch.
        """
        self.number = log.shard
        self._log = log
        self._store = store
        self._codec = codec
        self._steps = steps
        self._metrics = metrics
        self._options = options
        self._wall = wall
        self._merge = Merge(
            (*options.topics, STAFF),
            self._read,
            wait_ms=options.merge_wait_ms,
            wait_max_ms=options.merge_wait_max_ms,
            capacity=min(options.batch_events, AHEAD),
        )
        self._memory = memory or StateMemory(0)
        self._states = States(store, CUSTOMERS, lambda: self._memory.each)
        self._groups = States(store, GROUPS, lambda: self._memory.each // _GROUPS_SHARE)
        self._waiting = States(store, WAITING)
        self._world = World()
        self._world_stored: bytes | None = None
        self._staff = StaffFeed(staff, codec)
        self._due: DueIndex | None = None
        self._opens_from = opens_from
        self._tombstones = tombstones
        self._forgotten = Forgotten()
        self._meta = meta.ShardMeta()
        self._last_input = wall()
        self.running = False
        self._turn = asyncio.Lock()
        self._turns = turns or Turns(1)
        self.pulse = pulse or Pulse()

    @property
    def stream_time(self) -> int:
        """Newest event time, or the idle clock's, epoch ms."""
        return self._meta.stream_time

    @property
    def positions(self) -> dict[str, int]:
        """Next offset by input topic."""
        return dict(self._meta.positions)

    def peek(self, customer: str) -> State | None:
        """Return what was last committed about a customer."""
        return self._states.peek(customer.encode())

    def states(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield customer and encoded state of everyone, as last committed."""
        return self._store.states()

    def groups(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield group and encoded state of every group, as last committed."""
        return self._store.states(GROUP)

    async def open(self) -> None:
        """Fence the former owner, restore the store up to the changelog's end, and begin to fetch."""
        opening = await self._log.open()
        restoring = Restoring(self._log, self._store, self._metrics, self._options.store_max_age_ms, self._wall)
        await restoring.run(opening, self.pulse)
        if inherited.superseded(self._known(), self._store.get(meta.REWOUND)):
            self._store.wipe()
            await restoring.run(opening, self.pulse)
        self._forgotten = Forgotten(self._store.states(FORGOTTEN))
        found = self._known()
        inherited.check(found, opening, self._options.group, self._store.get(meta.REWOUND))
        if found is not None:
            self._meta = found
        else:
            first = 0 if self._opens_from is None else await self._opens_from()
            self._meta = meta.ShardMeta(opens_from=first, group=self._options.group)
            if self._tombstones is not None:
                self._forgotten.learn(await self._tombstones())
        positions = dict(opening.committed)
        for topic, offset in self._meta.positions.items():
            positions[topic] = max(offset, positions.get(topic, 0))
        begins = opening.changelog_start if self._meta.begins is None else self._meta.begins
        self._meta = replace(self._meta, positions=positions, group=self._options.group, begins=begins)
        self._due = DueIndex(self._store)
        await self._open_world()
        self._log.start({topic: positions[topic] for topic in self._options.topics if topic in positions})
        self._last_input = self._wall()
        self._memory.join(self.number)
        self.pulse.beat()
        self.running = True

    def _known(self) -> meta.ShardMeta | None:
        stored = self._store.get(meta.KEY)
        return None if stored is None else meta.decode(stored)

    async def _open_world(self) -> None:
        """Know again what was known: from the store, and the staff from what its topic holds below the position."""
        self._world_stored = self._store.get(meta.WORLD)
        self._world = World.load(json.decode(self._world_stored)) if self._world_stored else World()
        await self._staff.open(self._meta.positions.get(STAFF, 0), self._world.staff)

    async def run(self) -> None:
        """Process until cancelled or fenced; cancel it only between `hold` and `release`."""
        while True:
            await self.fetch(_WAITING_S if len(self._merge) else POLL_S)
            more = 1
            while more:
                async with self._turn:
                    more = await self._in_turn()
            async with self._turn:
                await self._follow_wall_clock()

    async def _in_turn(self) -> int:
        """Process a batch when it is this shard's turn; what has arrived until then goes along."""
        if not len(self._merge):
            return 0
        async with self._turns.turn():
            await self.fetch(0)
            return await self.process()

    async def hold(self) -> None:
        """Wait for a batch that is in its transaction, then let no other begin until `release`."""
        await self._turn.acquire()

    def release(self) -> None:
        """Go on after `hold`."""
        self._turn.release()

    async def fetch(self, wait_s: float) -> int:
        """Put what has arrived into the merge and return how much it was."""
        arrived = await self._log.fetch(self._merge.full(), wait_s)
        now, count = float(self._wall()), 0
        for topic, records in (*arrived.items(), (STAFF, self._staff.fetch())):
            self._merge.extend(topic, records, now)
            count += len(records)
        if count:
            self._last_input = round(now)
            self.pulse.work = self.pulse.work or "records wait"
        return count

    def _read(self, topic: str, record: Record, now: float) -> Item:
        try:
            event = self._codec.decode(topic, record.key, record.value, record.timestamp)
            return Item(event.time, topic, record, event, now)
        except Rejected as why:
            return Item(INSTANTLY, topic, record, why, now)

    def _settled(self, topic: str) -> float:
        return float("inf") if topic == STAFF else self._log.settled(topic)  # other news is not kept waiting for it

    async def process(self, until: float = float("inf")) -> int:
        """Take one batch from the merge through to the store and return how many records it had.

        `until`: event time, ms, after which records wait: replays go on in slices.
        """
        started = clock.perf_counter()
        items = self._more(0, until)
        if not items:
            return 0
        self.pulse.work = "a batch is under way"
        batch = self._batch()
        taken, stream_time, arrivals, spent = 0, self._meta.stream_time, Arrivals(), 0.0
        while items:
            stream_time = await self._step_through(batch, items, stream_time)
            arrivals.note(items)
            taken += len(items)
            spent += clock.perf_counter() - started
            if len(items) < _PIECE or self._states.full:
                break
            await asyncio.sleep(0)
            await self.fetch(0)
            started = clock.perf_counter()
            items = self._more(taken, until)
        self._metrics.phase_seconds.labels("step").observe(spent)
        await self._commit(batch, stream_time)
        self._metrics.batch_events.observe(taken)
        arrivals.observe(self._metrics, batch, self._wall())
        return taken

    def _more(self, taken: int, until: float) -> Sequence[Item]:
        limit = min(_PIECE, self._options.batch_events - taken)
        return self._merge.take(limit, self._settled, self._wall(), until) if limit else ()

    async def _step_through(self, batch: Batch, items: Sequence[Item], stream_time: int) -> int:
        """Take merged records into the batch and return the stream time after them."""
        latest: Item | None = None
        for item in items:
            if item.topic == STAFF:
                found = await suspects(item.event, self._world.staff, self._states)
                stream_time = batch.take_staff(item, stream_time, found)
            else:
                stream_time = batch.take(item, stream_time)
            if item.time == stream_time:
                latest = item
        if latest is not None:
            self._meta = replace(self._meta, newest=(latest.time, latest.record.timestamp))
        return stream_time

    def next_time(self) -> float:
        """Return the event time, ms, of the next record that was fetched; infinity when none waits."""
        return self._merge.next_time()

    async def advance(self, stream_time: int) -> None:
        """Bring the shard's clock to `stream_time` and fire what is due by then, in a batch of its own."""
        if stream_time <= self._meta.stream_time:
            return
        self.pulse.work = "timers fire"
        batch = self._batch()
        batch.advance(stream_time)
        await self._commit(batch, stream_time)

    async def _follow_wall_clock(self) -> None:
        """An idle shard's clock goes on at the wall clock's pace, from the newest event it saw, after a grace."""
        idle = self._wall() - self._last_input
        if idle < self._options.idle_grace_ms or len(self._merge) or self._meta.newest is None:
            return
        event_time, arrived = self._meta.newest
        target = event_time + self._wall() - arrived - self._options.idle_grace_ms
        if target - self._meta.stream_time >= min(1000, self._options.idle_grace_ms):
            await self.advance(target)

    def _batch(self) -> Batch:
        assert self._due is not None, "open the shard first"
        return Batch(
            self.number,
            self._steps(),
            self._states,
            self._groups,
            self._waiting,
            self._due,
            self._world,
            self._forgotten,
            partitions=self._options.partitions,
            detected=self._wall(),
            opens_from=self._meta.opens_from,
            outgoing=self._options.outgoing,
        )

    async def _commit(self, batch: Batch, stream_time: int) -> None:
        changes = batch.finish()
        output = batch.output
        self._meta = replace(self._meta, stream_time=stream_time, positions=self._meta.positions | output.positions)
        output.positions.pop(STAFF, None)  # of no group
        output.changelog[meta.KEY] = self._meta.encode()
        output.changelog.update(self._forgotten.changes(self._options.remember_forgotten_ms))
        world = json.encode(self._world.dump(), order="deterministic")
        if world != (self._world_stored or _EMPTY_WORLD):
            output.changelog[meta.WORLD] = self._world_stored = world
        started = clock.perf_counter()
        offset = await self._log.commit(output)
        committed = clock.perf_counter()
        self._store.write(output.changelog.items(), changes, offset, self._wall())
        self._states.commit()
        self._groups.commit()
        self._waiting.commit()
        assert self._due is not None
        self._due.stored()
        if batch.gone:
            await clear(self._store, batch.gone, changes)
        self.pulse.beat("records wait" if len(self._merge) else "")
        self._metrics.phase_seconds.labels("transaction").observe(committed - started)
        self._metrics.phase_seconds.labels("store").observe(clock.perf_counter() - committed)
        count_batch(self._metrics, batch)
        tell_batch(self.number, batch)

    def report(self) -> None:
        """Bring the gauges up to date; called when metrics are scraped."""
        shard = str(self.number)
        keys, size = self._store.size()
        self._metrics.states.labels(shard).set(keys)
        self._metrics.state_bytes.labels(shard).set(size)
        self._metrics.stream_time.labels(shard).set(self._meta.stream_time / 1000)
        for topic in self._options.topics:
            position = self._meta.positions.get(topic, 0)
            self._metrics.position.labels(topic, shard).set(position)
            self._metrics.lag.labels(topic, shard).set(self._log.lag(topic, position))

    async def close(self) -> None:
        """Let go of log and store; nothing is written any more."""
        self.running = False
        self._memory.leave(self.number)
        await self._log.close()
        self._store.close()
