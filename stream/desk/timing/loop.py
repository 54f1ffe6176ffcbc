"""Looks again and again for what is due. One process at a time; killed and started anew it goes on where it was."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from stream.desk.acts.deed import Context
from stream.desk.leading import Deposed, Lead
from stream.desk.pauses import Pauses
from stream.desk.push.habits import Rules
from stream.desk.standing import Standings
from stream.desk.store.database import Database, away
from stream.desk.store.upkeep import prune
from stream.desk.timing.escalating import escalate_due
from stream.desk.timing.timers import fire_due
from stream.desk_metrics import DeskMetrics
from stream.faults import describe

log = logging.getLogger(__name__)

PART = "timers"
_EVERY_S = 1.0
_PRUNE_EVERY_MS = 3_600_000


@dataclass(slots=True, kw_only=True)
class Timers:
    """`committed`: pushes to these were committed; `wake`: messages were; `clock`: wall clock, epoch ms."""

    database: Database
    context: Context
    rules: Rules
    lead: Lead
    metrics: DeskMetrics
    standings: Standings
    clock: Callable[[], int]
    committed: Callable[[Iterable[str]], None]
    wake: Callable[[], None]
    _pruned_at: int = 0

    async def run(self) -> None:
        """Look until cancelled; while the database is away, wait."""
        pauses = Pauses()
        while True:
            try:
                more = await self.look()
                await self._prune()
            except Deposed:
                self.standings.well(PART)
                await asyncio.sleep(_EVERY_S)
            except (SQLAlchemyError, OSError) as fault:
                self.standings.trouble(PART, away(fault))
                await pauses.wait()
            except Exception as fault:  # a fault of one step must not end all others: it is tried again, and shows
                self.standings.trouble(PART, f"failed: {describe(fault)}")
                await pauses.wait()
            else:
                pauses.over()
                self.standings.well(PART)
                if not more:
                    self.metrics.nothing_due.set_to_current_time()
                    await asyncio.sleep(_EVERY_S)

    async def look(self) -> bool:
        """Carry out what is due now, some of it a transaction; tell whether more waits."""
        now = self.clock()
        async with self.database.transaction() as tx:
            await self.lead.insist(tx)
            fired, woken, more_timers = await fire_due(tx, now, self.context)
        self.committed(woken)
        async with self.database.transaction() as tx:
            await self.lead.insist(tx)
            went, told, more_steps = await escalate_due(tx, now, self.context, self.rules)
        self.committed(told)
        if fired or went:
            self.wake()
        for kind, due_at in fired:
            self.metrics.timers.labels(kind).inc()
            self.metrics.late.set(max(0, now - due_at) / 1000)
        for to, count in went.items():
            self.metrics.escalated.labels(to).inc(count)
        return more_timers or more_steps

    async def _prune(self) -> None:
        """Delete what has been kept long enough, now and then."""
        now = self.clock()
        if now - self._pruned_at >= _PRUNE_EVERY_MS:
            self._pruned_at = now
            for kind, count in (await prune(self.database, self.context.settings.retention, now)).items():
                self.metrics.pruned.labels(kind).inc(count)
