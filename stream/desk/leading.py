"""Who does what only one process of the desk may do at a time: publish, read, escalate."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.database import Database
from stream.desk.store.repositories.positions import give_lease, take_lease
from stream.desk_metrics import DeskMetrics

_FOR_MS = 15_000


class Deposed(Exception):
    """Another process does it now: what the transaction wrote is to be rolled back."""


class Lead:
    """One such task. `holder` is the same after a restart, so that nobody waits for a lease of our own."""

    def __init__(self, part: str, holder: str, clock: Callable[[], int], metrics: DeskMetrics) -> None:
        """`clock`: wall clock, epoch ms."""
        self.part, self._holder, self._clock, self._metrics = part, holder, clock, metrics
        self._metrics.leads.labels(part).set(0)

    async def insist(self, tx: AsyncSession) -> None:
        """Take or renew the lease in the transaction that does the work.

        Raises:
            Deposed: another holds it.
        """
        held = await take_lease(tx, f"desk:{self.part}", self._holder, self._clock(), _FOR_MS)
        self._metrics.leads.labels(self.part).set(held)
        if not held:
            raise Deposed(self.part)

    async def give_up(self, database: Database) -> None:
        """Let another have it at once."""
        async with database.transaction() as tx:
            await give_lease(tx, f"desk:{self.part}", self._holder)
        self._metrics.leads.labels(self.part).set(0)
