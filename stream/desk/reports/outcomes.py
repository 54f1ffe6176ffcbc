"""Saved and lost, and why: as customers say, and as RMs say, side by side."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.reports.scope import Period, Scope
from stream.desk.store.tables import Episode

UNSAID = ""


class ReasonLine(Struct, frozen=True):
    """Customers lost for a reason (`""`: none was given), by who says so."""

    reason: str
    customer: int
    rm: int
    unsaid: int

    @property
    def total(self) -> int:
        """Return all of them."""
        return self.customer + self.rm + self.unsaid


class KindLine(Struct, frozen=True):
    """Customers by how their warnings of one kind ended."""

    kind: str
    saved: int
    lost: int
    unreachable: int
    not_worth_keeping: int
    false_alarm: int


class Outcomes(Struct, frozen=True):
    """Customers, each once an outcome; values in units a year."""

    saved: int
    lost: int
    saved_value: float
    lost_value: float
    reasons: list[ReasonLine]
    kinds: list[KindLine]

    @property
    def saved_share(self) -> float | None:
        """Return the share saved of those saved or lost."""
        return self.saved / (self.saved + self.lost) if self.saved + self.lost else None


async def outcomes(session: AsyncSession, scope: Scope, period: Period) -> Outcomes:
    """Return what became of warnings whose outcome was given in the period."""
    given = *period.of(Episode.outcome_at), Episode.outcome.is_not(None), *scope.of(Episode.branch_id)
    worth = func.max(func.coalesce(Episode.value, 0.0)).label("worth")
    each = select(Episode.outcome, worth).where(*given).group_by(Episode.outcome, Episode.customer_id).subquery()
    totals = select(each.c.outcome, func.count(), func.sum(each.c.worth)).group_by(each.c.outcome)
    by_outcome = {outcome: (int(count), float(value)) for outcome, count, value in await session.execute(totals)}
    saved, lost = by_outcome.get("saved", (0, 0.0)), by_outcome.get("lost", (0, 0.0))
    reasons, kinds = await _reasons(session, given), await _kinds(session, given)
    return Outcomes(saved[0], lost[0], saved[1], lost[1], reasons, kinds)


async def _reasons(session: AsyncSession, given: tuple[object, ...]) -> list[ReasonLine]:
    columns = (Episode.loss_reason, Episode.reason_source)
    counted = select(*columns, func.count(Episode.customer_id.distinct())).where(*given, Episode.outcome == "lost")  # type: ignore[arg-type]
    found: dict[str, dict[str, int]] = {}
    for reason, source, count in await session.execute(counted.group_by(*columns)):
        by = source if source in ("customer", "rm") else "unsaid"
        said = found.setdefault(reason or UNSAID, {"customer": 0, "rm": 0, "unsaid": 0})
        said[by] += int(count)
    lines = [ReasonLine(reason, **said) for reason, said in found.items()]
    return sorted(lines, key=lambda line: (-line.total, line.reason))


async def _kinds(session: AsyncSession, given: tuple[object, ...]) -> list[KindLine]:
    columns = (Episode.kind, Episode.outcome)
    counted = select(*columns, func.count(Episode.customer_id.distinct())).where(*given)  # type: ignore[arg-type]
    none = {name: 0 for name in KindLine.__struct_fields__ if name != "kind"}
    found: dict[str, dict[str, int]] = {}
    for kind, outcome, count in await session.execute(counted.group_by(*columns)):
        if outcome in none:
            found.setdefault(kind, dict(none))[outcome] = int(count)
    lines = [KindLine(kind, **ends) for kind, ends in found.items()]
    return sorted(lines, key=lambda line: (-line.lost - line.saved, line.kind))
