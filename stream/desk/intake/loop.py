"""The loop of the intake: fetch, write, move on. It waits for the broker and the database, and goes on by itself."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from stream.codec import Rejected
from stream.desk.intake.edge import Edge, Item, dead_lettered_here
from stream.desk.intake.history import began
from stream.desk.intake.reading import CONSUMER, Came, Source
from stream.desk.intake.writing import Writer, Written
from stream.desk.leading import Deposed, Lead
from stream.desk.pauses import Pauses
from stream.desk.standing import Standings
from stream.desk.store.database import Database, away, is_away, is_rows_fault
from stream.desk.store.repositories.positions import Partition, move_positions, positions, reset_positions
from stream.desk_metrics import DeskMetrics
from stream.engine.log.deadletter import dead_letter
from stream.engine.log.port import Message
from stream.faults import describe

log = logging.getLogger(__name__)

PART = "intake"
_STAND_BY_S = 2.0
_LOOK_EVERY_S = 3.0
_ANSWERS_S = 5.0

T = TypeVar("T")
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the intake works with."""

    database: Database
    writer: Writer
    edge: Edge
    lead: Lead
    metrics: DeskMetrics
    standings: Standings
    clock: Callable[[], int]  # epoch ms
    dead_letters: Send  # returns when the broker has it
    committed: Callable[[Iterable[str]], None]  # pushes to these were committed


class SetBack(Exception):
    """The database lacks what was written to it: it came back as it was before, or a copy took its place."""


class Intake:
    """Reads while it leads; `caught_up` once it has come to where the log ended when it began."""

    def __init__(self, source: Callable[[], Source], parts: Parts) -> None:
        """`source` makes one that is not started; each attempt has its own."""
        self._new_source, self._p = source, parts
        self.caught_up = asyncio.Event()
        self._began = 0  # alerts from before are history
        self._consumer = CONSUMER
        self._stands: dict[Partition, int] = {}  # as far as we have written

    async def run(self) -> None:
        """Read until cancelled."""
        pauses = Pauses()
        while True:
            source = self._new_source()
            try:
                await self._session(source, pauses)
            except Deposed:
                self._p.standings.well(PART)
                self.caught_up.set()  # another reads; the page shows what it writes
                await asyncio.sleep(_STAND_BY_S)
            except SetBack:
                log.warning("the database lacks what was written to it: read again from where it stands")
            except (KafkaError, OSError) as fault:
                self._broker_away(fault)
                await pauses.wait()
            finally:
                await _stopped(source)

    async def _session(self, source: Source, pauses: Pauses) -> None:
        """Read from the store's positions until something fails."""
        self._consumer = source.consumer
        stored = await self._patiently(self._stored)
        start = await source.start(stored)
        self._stands = {place: offset for place, offset in stored.items() if place[0] not in start.anew}
        for topic in start.anew:
            log.warning("%s was made anew: it is read from its beginning", topic)
            await self._patiently(partial(self._reset, topic))
        for topic, count in start.lost.items():
            log.error("%s: %d records were gone before they were read", topic, count)
            self._p.metrics.lost.labels(topic).inc(count)
        looked = float("-inf")
        while True:
            came = await source.fetch()
            if came:
                await self._take(came)
            if time.monotonic() - looked > _LOOK_EVERY_S or not (came or self.caught_up.is_set()):
                looked = time.monotonic()
                await self._look(source, pauses)

    async def _take(self, came: Sequence[Came]) -> None:
        """Write a batch, however long the database is away."""
        items = await self._read(came)
        try:
            await self._patiently(partial(self._write, items, _after(came)))
        except (Deposed, SetBack, asyncio.CancelledError):
            raise
        except Exception as fault:
            log.warning("a batch of %d records cannot be written (%s): one by one", len(came), describe(fault))
            await self._one_by_one(items, came)

    async def _one_by_one(self, items: Sequence[Item], came: Sequence[Came]) -> None:
        """Find the record that cannot be written, and give it up alone."""
        for item in items:
            to = _after([item.came])
            try:
                await self._patiently(partial(self._write, [item], to))
            except (Deposed, SetBack, asyncio.CancelledError):
                raise
            except Exception as fault:
                await self._refuse(item.came, Rejected("poison", "$", describe(fault)), always=True)
                await self._patiently(partial(self._write, [], to))
        await self._patiently(partial(self._write, [], _after(came)))

    async def _read(self, came: Sequence[Came]) -> list[Item]:
        items: list[Item] = []
        for one in came:
            try:
                items.append(self._p.edge.read(one))
            except Rejected as why:
                await self._refuse(one, why)
        return items

    async def _refuse(self, came: Came, why: Rejected, *, always: bool = False) -> None:
        """Give a record up. What a worker reads too it dead-letters itself, unless only the desk failed."""
        self._p.metrics.records.labels(came.topic, "refused").inc()
        log.warning("%s/%d offset %d refused: %s", came.topic, came.partition, came.record.offset, why.reason)
        if always or dead_lettered_here(came.topic):
            self._p.metrics.dead_letters.labels(came.topic, why.reason).inc()
            await self._p.dead_letters(dead_letter(came.topic, came.partition, came.record, why))

    async def _write(self, items: Sequence[Item], to: Mapping[Partition, int]) -> None:
        """Write rows and positions in one transaction, then tell the pages."""
        begun, now = time.perf_counter(), self._p.clock()
        async with self._p.database.transaction() as tx:
            await self._insist(tx)
            written = await self._p.writer.write(tx, items, now, self._began)
            await move_positions(tx, self._consumer, to, now)
        self._stands |= to
        self._p.committed(written.receivers)
        if items:
            self._p.metrics.write_seconds.observe(time.perf_counter() - begun)
            self._count(items, written)

    def _count(self, items: Sequence[Item], written: Written) -> None:
        metrics, now = self._p.metrics, self._p.clock()
        metrics.batch_records.observe(len(items))
        for item in items:
            result = "probe" if item.value is None else "taken"
            metrics.records.labels(item.came.topic, result).inc()
            if item.came.topic == "alerts" and item.value is not None:
                self._observe_arrival(item, now)
        metrics.known.inc(written.known)

    def _observe_arrival(self, item: Item, now: int) -> None:
        """The alert's id goes with it: the worker that made it left the same one."""
        arrived = max(0, now - item.came.record.timestamp) / 1000
        self._p.metrics.arrival_seconds.observe(arrived, {"alert_id": item.value.alert_id})

    async def _look(self, source: Source, pauses: Pauses) -> None:
        """Ask the broker how far the log goes, and keep the lease. A consumer says nothing while a broker is away."""
        try:
            lag = await asyncio.wait_for(source.lag(), _ANSWERS_S)
        except (KafkaError, TimeoutError) as fault:
            self._broker_away(fault)
            return
        pauses.over()
        self._p.metrics.broker_up.labels(PART).set(1)
        await self._patiently(self._hold)
        for topic, behind in lag.items():
            self._p.metrics.lag.labels(topic).set(behind)
        if not any(lag.values()):
            self.caught_up.set()

    def _broker_away(self, fault: Exception) -> None:
        self._p.metrics.broker_up.labels(PART).set(0)
        self._p.standings.trouble(PART, f"the broker is away ({type(fault).__name__})")

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do something with the database; while it is away, wait and say so, and read nothing."""
        pauses = Pauses()
        while True:
            try:
                done = await work()
            except (SQLAlchemyError, OSError) as fault:
                if not _passes(fault):
                    raise
                self._p.metrics.database_up.set(0)
                self._p.standings.trouble(PART, f"{away(fault)}: nothing is read")
                await pauses.wait()
            else:
                self._p.metrics.database_up.set(1)
                self._p.standings.well(PART)
                return done

    async def _stored(self) -> dict[Partition, int]:
        async with self._p.database.transaction() as tx:
            await self._p.lead.insist(tx)
            self._began = await began(tx, CONSUMER, self._p.clock())
            return await positions(tx, self._consumer)

    async def _reset(self, topic: str) -> None:
        async with self._p.database.transaction() as tx:
            await reset_positions(tx, self._consumer, topic)

    async def _hold(self) -> None:
        async with self._p.database.transaction() as tx:
            await self._insist(tx)

    async def _insist(self, tx: AsyncSession) -> None:
        """Go on only while we lead, and while the database stands where we have brought it."""
        await self._p.lead.insist(tx)
        found = await positions(tx, self._consumer)
        if any(found.get(place, 0) < offset for place, offset in self._stands.items()):
            raise SetBack


def _passes(fault: SQLAlchemyError | OSError) -> bool:
    """Tell whether the fault is the database's and not of what is written, so that waiting is all there is to do."""
    return is_away(fault) or (isinstance(fault, DBAPIError) and not is_rows_fault(fault))


def _after(came: Sequence[Came]) -> dict[Partition, int]:
    """Return the next offsets behind these records."""
    to: dict[Partition, int] = {}
    for one in came:
        place = (one.topic, one.partition)
        to[place] = max(to.get(place, 0), one.record.offset + 1)
    return to


async def _stopped(source: Source) -> None:
    try:
        await asyncio.wait_for(source.stop(), 5)
    except (KafkaError, OSError, TimeoutError):
        log.info("the broker does not answer: left without a word to it")
