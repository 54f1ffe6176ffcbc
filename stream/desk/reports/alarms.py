"""Which kinds of warning were false alarms, of those that people judged."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.reports.scope import Period, Scope
from stream.desk.store.tables import Episode


class AlarmLine(Struct, frozen=True):
    """Of one kind: warnings opened in the period, and how many of them were judged, by now, and found false."""

    kind: str
    opened: int
    judged: int
    false_alarms: int

    @property
    def share(self) -> float | None:
        """Return the share of the judged that were false; None where none was judged."""
        return self.false_alarms / self.judged if self.judged else None


async def alarms(session: AsyncSession, scope: Scope, period: Period) -> list[AlarmLine]:
    """Return every kind, the most often false first."""
    opened = *period.of(Episode.opened_at), *scope.of(Episode.branch_id)
    counts = (
        func.count().label("opened"),
        func.count().filter(Episode.outcome.is_not(None)).label("judged"),
        func.count().filter(Episode.outcome == "false_alarm").label("false_alarms"),
    )
    rows = await session.execute(select(Episode.kind, *counts).where(*opened).group_by(Episode.kind))
    lines = [AlarmLine(**row._mapping) for row in rows]
    return sorted(lines, key=lambda line: (-(line.share or 0.0), -line.opened, line.kind))
